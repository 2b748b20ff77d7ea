// The completeness grid opens at today, so that on a phone the last days are seen first; a past month opens at its end.
(() => {
  const grid = document.querySelector(".month-grid");
  const frame = grid?.closest(".table-scroll");
  if (!frame || frame.scrollWidth <= frame.clientWidth) return;
  const today = grid.querySelector("thead .is-today");
  frame.scrollLeft = today ? today.offsetLeft + today.offsetWidth - frame.clientWidth : frame.scrollWidth;
})();
