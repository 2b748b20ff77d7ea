// Toasts count their seconds down, pause under pointer or focus, and leave.
(() => {
  const start = (toast) => {
    let left = Number(toast.dataset.toast);
    const label = toast.querySelector("[data-seconds]");
    const timer = setInterval(() => {
      if (!toast.isConnected) return clearInterval(timer);
      if (toast.matches(":hover, :focus-within")) return;
      left -= 1;
      if (label) label.textContent = left;
      if (left <= 0) {
        clearInterval(timer);
        toast.remove();
      }
    }, 1000);
  };

  const startAll = () =>
    document.querySelectorAll("[data-toast]:not([data-started])").forEach((toast) => {
      toast.dataset.started = "";
      start(toast);
    });

  document.addEventListener("DOMContentLoaded", startAll);
  document.addEventListener("htmx:afterSettle", startAll);
})();
