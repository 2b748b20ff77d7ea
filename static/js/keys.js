// Keyboard: / searches, j and k move in a list (tr[data-href]), Enter opens, x selects, ? shows help.
// Pages add keys of their own by data-key="a" on a button or link.
(() => {
  const rows = () => [...document.querySelectorAll("tr[data-href]")];
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.contains(document.activeElement) || row === document.activeElement);
    const row = all[Math.max(0, Math.min(all.length - 1, at + step))];
    row.tabIndex = -1;
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  };

  const current = () => rows().find((row) => row === document.activeElement || row.contains(document.activeElement));

  const toggle = (row) => {
    const box = row && row.querySelector("input[type=checkbox]");
    if (box) box.click();
  };

  const open = (row) => {
    const link = row && row.querySelector("a[href]");
    if (link) link.click();
  };

  const actions = {
    "/": () => document.getElementById("search")?.focus(),
    "?": () => document.getElementById("shortcuts").showModal(),
    j: () => move(1),
    k: () => move(-1),
    x: () => toggle(current()),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && event.target.matches("tr[data-href]")) {
      open(event.target);
      return;
    }
    const own = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    const action = own ? () => own.click() : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  // Shift-click selects the rows between the last two boxes.
  let last = null;
  document.addEventListener("click", (event) => {
    const box = event.target.closest("tr[data-href] input[type=checkbox]");
    if (!box) return;
    const boxes = [...document.querySelectorAll("tr[data-href] input[type=checkbox]")];
    if (event.shiftKey && last) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
      boxes.slice(from, to + 1).forEach((one) => (one.checked = box.checked));
    }
    last = box;
    showBulk(boxes);
  });

  // The bulk bar takes the place of the tabs: [data-bulk] is shown, [data-bulk-hides] hidden, [data-bulk-count] counts.
  const showBulk = (boxes) => {
    const chosen = boxes.filter((box) => box.checked);
    boxes.forEach((box) => box.closest("tr").classList.toggle("is-selected", box.checked));
    document.querySelectorAll("[data-bulk]").forEach((bar) => (bar.hidden = chosen.length === 0));
    document.querySelectorAll("[data-bulk-hides]").forEach((bar) => (bar.hidden = chosen.length > 0));
    document.querySelectorAll("[data-bulk-count]").forEach((count) => (count.textContent = chosen.length));
    document.querySelectorAll("[data-bulk-sum]").forEach((place) => (place.textContent = sumOf(chosen)));
  };

  // The sum of the chosen rows by currency, which the reader then types.
  const digits = (currency) => new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  const text = (minor, currency) => {
    const places = digits(currency);
    const value = minor / 10 ** places;
    return new Intl.NumberFormat("en", { minimumFractionDigits: Number.isInteger(value) ? 0 : places }).format(value);
  };

  const sumOf = (chosen) => {
    const sums = {};
    for (const box of chosen) {
      const { currency, minor } = box.closest("tr").dataset;
      if (currency) sums[currency] = (sums[currency] || 0) + Number(minor);
    }
    return Object.entries(sums)
      .map(([currency, minor]) => `${currency} ${text(minor, currency)}`)
      .join(" + ");
  };
})();
