// A list with a drawer beside it: opening, closing, the way back to the row, selections said aloud. Used by the desks.
(() => {
  const wide = () => window.matchMedia("(width >= 1200px)").matches;
  const drawer = () => document.getElementById("drawer");
  const filled = () => Boolean(drawer()?.querySelector(".headline"));
  const rows = () => [...document.querySelectorAll("tr[data-href]")];
  const inHand = () => rows().find((row) => row.contains(document.activeElement));
  const openRow = () => document.querySelector("tr.is-open");
  const say = (text) => (document.getElementById("desk-says").textContent = text);
  const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

  window.desk = { drawer, rows, inHand, openRow, say, typing };

  if (window.htmx) htmx.config.refreshOnHistoryMiss = true; // going back asks for the whole page, so that nothing is stale

  // On narrow screens a row leads to a page of its own.
  document.addEventListener("htmx:confirm", (event) => {
    if (wide() || event.detail.elt.getAttribute("hx-target") !== "#drawer") return;
    event.preventDefault();
    window.location.assign(event.detail.elt.href);
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id !== "drawer") return;
    const headline = drawer().querySelector(".headline");
    if (!headline) return;
    rows().forEach((row) => row.classList.toggle("is-open", row.dataset.id === headline.dataset.id));
    headline.focus();
    document.dispatchEvent(new CustomEvent("desk:opened"));
  });

  const close = () => {
    const link = drawer().querySelector("[data-close-drawer]");
    const row = openRow();
    if (!wide()) return window.location.assign(link.href);
    history.pushState({}, "", link.href);
    drawer().replaceChildren();
    rows().forEach((one) => one.classList.remove("is-open"));
    if (row) {
      row.tabIndex = -1;
      row.focus();
    }
  };

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], details.menu[open]")) return;
      if (event.key === "Escape" && filled()) {
        const part = document.querySelector(".drawer-foot details[open]");
        if (part) {
          part.open = false;
          part.querySelector("summary").focus();
        } else close();
        return;
      }
      if (typing(event.target)) return;
      if ((event.key === "j" || event.key === "k") && !inHand() && openRow()) {
        openRow().tabIndex = -1; // the list goes on from the row that is open
        openRow().focus();
      }
    },
    true,
  );

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-drawer]") && wide()) {
      event.preventDefault();
      close();
    }
  });

  // Opening one part of the foot moves the focus to its first field.
  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.open && event.target.matches(".drawer-foot details"))
        event.target.querySelector("select, textarea, input:not([type=hidden])")?.focus();
    },
    true,
  );

  document.addEventListener("click", (event) => {
    if (!event.target.closest('input[form="bulk"]')) return;
    const chosen = document.querySelectorAll('input[form="bulk"]:checked').length;
    const words = document.getElementById("desk-words").dataset;
    say(chosen ? `${chosen} ${words.selected}` : words.none);
  });

  document.addEventListener("DOMContentLoaded", () => {
    const keys = document.querySelector("#shortcuts dl.keys");
    openRow()?.scrollIntoView({ block: "nearest" });
    if (keys) keys.append(document.getElementById("desk-keys").content.cloneNode(true));
  });
})();
