// Small things a keyboard expects. Every page works without this file.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const search = document.getElementById("q");
  if (event.key === "/" && search && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
  }
  const wanted = document.querySelector(`[data-toets="${CSS.escape(event.key)}"]`);
  if (wanted && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat) {
    event.preventDefault();
    if (wanted.matches("input")) wanted.focus();
    else wanted.click();
  }
  const menu = event.target.closest("details:is(.menu, .meer)[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
