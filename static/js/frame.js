// The frame: menus close by themselves, the rail folds, filters apply on change, the theme changes without a reload.
(() => {
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
  };

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details.menu"));
    if (event.target.closest("[data-rail-fold]")) {
      const slim = document.documentElement.dataset.rail === "slim";
      if (slim) delete document.documentElement.dataset.rail;
      else document.documentElement.dataset.rail = "slim";
      try {
        localStorage.setItem("rail", slim ? "wide" : "slim");
      } catch {
        // Without storage it lasts for this page.
      }
    }
    if (event.target.closest("[data-open-search]")) {
      document.querySelector(".top").classList.add("is-searching");
      document.getElementById("search").focus();
    }
  });

  document.addEventListener("focusout", (event) => {
    if (event.target.id === "search") document.querySelector(".top").classList.remove("is-searching");
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.menu[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-theme-form]") || !event.submitter) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    fetch(form.action, { method: "POST", body, redirect: "manual" });
    window.setTheme(event.submitter.value);
    for (const button of form.querySelectorAll("button")) button.toggleAttribute("aria-current", false);
    event.submitter.setAttribute("aria-current", "true");
    closeMenus();
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-auto-submit]");
    if (form && event.target.matches("select, input[type=date], input[type=checkbox]")) form.requestSubmit();
  });

  // Empty fields would only make the address longer; it is meant to be sent to a colleague.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[method=get]")) return;
    for (const field of event.target.elements) if (field.name && field.value === "") field.disabled = true;
  });

  // On a phone the tabs are wider than the page: the one that is open is scrolled into sight.
  for (const tabs of document.querySelectorAll(".tabs")) {
    const open = tabs.querySelector("[aria-current=page]");
    if (open) tabs.scrollLeft += open.getBoundingClientRect().right - tabs.getBoundingClientRect().right + 8;
  }

  document.addEventListener("htmx:afterSettle", () => {
    const done = document.querySelector("[data-go-when-done]");
    if (done) window.location.assign(done.dataset.goWhenDone);
  });

  // An answer that is an error is shown as a page, never swallowed: a log-in that ended, a right that was taken away.
  document.addEventListener("htmx:responseError", (event) => {
    if ([401, 403].includes(event.detail.xhr.status)) window.location.reload();
  });
})();
