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

// What asks again and again whether something changed, does not while nobody looks.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches("[data-peilt], .voortgang")) event.preventDefault();
});

// Files that are dropped anywhere on a page with such a form are put in its field.
const catcher = document.querySelector("form[data-laat-vallen]");
if (catcher) {
  const field = catcher.elements[catcher.dataset.laatVallen];
  const carries = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    catcher.classList.add("vangt");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) catcher.classList.remove("vangt");
  });
  document.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    catcher.classList.remove("vangt");
    field.files = event.dataTransfer.files;
    field.focus();
  });
}
