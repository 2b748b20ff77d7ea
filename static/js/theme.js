// Runs in <head>, before the first paint: "auto" follows the device. Light and dark are written by the server.
(() => {
  const root = document.documentElement;
  root.dataset.js = ""; // what only helps without scripts is hidden by this
  const device = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const wanted = root.dataset.theme || "auto";
    root.dataset.bsTheme = wanted === "auto" ? (device.matches ? "dark" : "light") : wanted;
    document.dispatchEvent(new CustomEvent("themechange"));
  };
  device.addEventListener("change", apply);
  window.setTheme = (theme) => {
    root.dataset.theme = theme;
    apply();
  };
  try {
    if (localStorage.getItem("rail") === "slim") root.dataset.rail = "slim";
  } catch {
    // Storage may be forbidden; the rail is then wide on every page.
  }
  apply();
})();
