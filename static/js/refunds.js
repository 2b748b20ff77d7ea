// The review desk: `a` goes to the approve button of the row in hand (it never approves by itself).
(() => {
  const { inHand, openRow, typing } = window.desk;
  let wanted = false;

  const toButton = () => {
    const button = document.querySelector("[data-approve]");
    if (!button) return;
    button.focus();
    button.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("desk:opened", () => {
    if (wanted) toButton();
    wanted = false;
  });

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "a" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (typing(event.target) || document.querySelector("dialog[open], details.menu[open]")) return;
      event.preventDefault();
      event.stopPropagation();
      const row = inHand();
      if (!row || row === openRow()) return toButton();
      wanted = true;
      row.querySelector("a.title").click();
    },
    true,
  );

  // A button that moves money is pressed once: the second press finds it off.
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "approve") return;
    event.target.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
})();
