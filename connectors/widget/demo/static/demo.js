/** The page's own buttons that open the chat. They work as well before the chat has loaded. */
window.klartext =
  window.klartext ||
  function klartext() {
    (klartext.q = klartext.q || []).push(arguments);
  };

/** The customer portal of the demonstration: whoever is chosen there is logged in, and the chat knows it. */
const portal = document.querySelector("[data-portal]");
const situation = document.querySelector("[data-situation]");
fetch("/demo/customers.json")
  .then((answer) => answer.json())
  .then((customers) => {
    const { lang } = document.documentElement;
    let loggedIn = null;
    for (const { number, name } of customers) portal.append(new Option(`${name}, ${number}`, number));
    portal.addEventListener("change", () => {
      const chosen = customers.find(({ number }) => number === portal.value);
      situation.textContent = chosen ? chosen[lang === "en" ? "situation_en" : "situation_de"] : "";
      // Whoever logs out takes the conversation along: the next person at this computer must not read it.
      if (loggedIn) window.klartext("reset");
      loggedIn = chosen;
      if (!chosen) return;
      const signature = () => fetch(`/demo/portal/${chosen.number}`).then((answer) => answer.text());
      window.klartext("identify", chosen.number, signature);
      window.klartext("open");
    });
  });

for (const button of document.querySelectorAll("[data-open-chat]")) {
  button.addEventListener("click", () => window.klartext("open"));
}
