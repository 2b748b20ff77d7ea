// The discrepancy desk: keys a and r act on the row that has the focus, else on the one in the drawer. drawer.js comes first.
(() => {
  const { inHand, openRow, typing } = window.desk;
  let wanted = "";

  const openResolve = () => {
    const part = document.getElementById("act-resolve");
    if (!part) return;
    part.open = true;
    part.querySelector("select").focus();
  };

  // Several write-offs at once ask for their sum; nothing else does.
  const askForTotal = () => {
    const field = document.querySelector("[data-write-off-total]");
    if (!field) return;
    const chosen = document.querySelectorAll('input[form="bulk"]:checked').length;
    field.hidden = chosen < 2 || document.getElementById("bulk_resolution").value !== "written_off";
    field.querySelector("input").required = !field.hidden;
  };
  askForTotal();
  document.addEventListener("click", askForTotal);
  document.addEventListener("change", askForTotal);

  document.addEventListener("desk:opened", () => {
    if (wanted === "resolve") openResolve();
    wanted = "";
  });

  const take = () => {
    const row = inHand();
    if (!row) return document.getElementById("take")?.requestSubmit();
    const form = document.getElementById("bulk");
    const button = form?.querySelector("[data-assign]");
    if (!button) return;
    document.querySelectorAll('input[form="bulk"]').forEach((box) => (box.checked = box.value === row.dataset.id));
    const owner = form.elements.owner;
    owner.value = [...owner.options].find((option) => option.defaultSelected)?.value ?? owner.value;
    form.requestSubmit(button);
  };

  const resolve = () => {
    const row = inHand();
    if (!row || row === openRow()) return openResolve();
    wanted = "resolve";
    row.querySelector("a.title").click();
  };

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], details.menu[open]")) return;
      if (typing(event.target)) return;
      const action = { a: take, r: resolve }[event.key];
      if (!action) return;
      event.preventDefault();
      event.stopPropagation();
      action();
    },
    true,
  );
})();
