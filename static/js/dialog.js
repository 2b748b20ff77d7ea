// Dialogs: [data-open-dialog="id"] opens, [data-close-dialog] closes; focus returns to the opener by the browser.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.openDialog);
    if (dialog) {
      event.preventDefault(); // without JavaScript the opener is a submit button or link and does its work
      dialog.showModal();
    }
  }
  const closer = event.target.closest("[data-close-dialog]");
  if (closer) closer.closest("dialog").close();
});
