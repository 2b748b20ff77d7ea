// The review desk: `a` goes to the approve button of the row in hand (it never approves by itself), and the chosen rows are added up.
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

  // The sum of the chosen rows by currency, which the reader then types.
  const digits = (currency) => new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  const text = (minor, currency) => {
    const places = digits(currency);
    const value = minor / 10 ** places;
    return new Intl.NumberFormat("en", { minimumFractionDigits: Number.isInteger(value) ? 0 : places }).format(value);
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest('input[form="bulk"]')) return;
    const sums = {};
    document.querySelectorAll('input[form="bulk"]:checked').forEach((box) => {
      const { currency, minor } = box.closest("tr").dataset;
      sums[currency] = (sums[currency] || 0) + Number(minor);
    });
    const said = Object.entries(sums).map(([currency, minor]) => `${currency} ${text(minor, currency)}`);
    document.querySelectorAll("[data-bulk-sum]").forEach((place) => (place.textContent = said.join(" + ")));
  });

  // A button that moves money is pressed once: the second press finds it off.
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "approve") return;
    event.target.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
})();
