// One key for one choice: a control with data-key is pressed, a field gets the focus. Only while
// the focus is in the page itself, never while someone types, and once however long it is held.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const inside = event.target.closest("main");
  if (typing || !inside || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const control = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!control) return;
  event.preventDefault();
  if (control.matches("input")) control.focus();
  else control.click();
});
// A second press while the answer is on its way would be about the next gemeente.
document.addEventListener("submit", (event) => {
  if (document.body.dataset.sent) event.preventDefault();
  document.body.dataset.sent = "1";
});
addEventListener("pageshow", () => delete document.body.dataset.sent);
