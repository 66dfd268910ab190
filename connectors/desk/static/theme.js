// Applies the stored appearance before the first paint, so that nothing flashes. Without
// storage (private mode, blocked) the page follows the system.
(function () {
  try {
    const theme = JSON.parse(localStorage.getItem("klartext-desk:theme"));
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is blocked: the stylesheet's own default applies.
  }
})();
