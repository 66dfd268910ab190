/** The page's own buttons that open the chat. They work as well before the chat has loaded. */
window.klartext =
  window.klartext ||
  function klartext() {
    (klartext.q = klartext.q || []).push(arguments);
  };

for (const button of document.querySelectorAll("[data-open-chat]")) {
  button.addEventListener("click", () => window.klartext("open"));
}
