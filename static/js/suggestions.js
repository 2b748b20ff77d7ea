// Going through suggestions by keyboard: j and k move, y confirms, n declines the one in hand (the first at the start).
(() => {
  const cards = () => [...document.querySelectorAll("[data-suggestion]")];
  const inHand = () => cards().find((card) => card.contains(document.activeElement)) ?? cards()[0];

  const move = (step) => {
    const all = cards();
    const at = all.findIndex((card) => card.contains(document.activeElement));
    const card = all[Math.max(0, Math.min(all.length - 1, at + step))];
    card?.focus();
    card?.scrollIntoView({ block: "nearest" });
  };

  const decide = (act) => inHand()?.querySelector(`form[data-act="${act}"]`)?.requestSubmit();

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], details.menu[open]")) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const action = { j: () => move(1), k: () => move(-1), y: () => decide("confirm"), n: () => decide("decline") }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
})();
