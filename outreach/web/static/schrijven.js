// Buttons over a text in Markdown, and what is pasted from Word made into it. Without this file
// one types the signs oneself. Everything goes through the browser's own undo.
const WRAPS = { vet: "**", cursief: "*" };
const LINES = { kop: () => "## ", lijst: () => "- ", nummers: (n) => `${n + 1}. ` };
const SIGN = /^(#{1,6} |- |\d{1,2}\. )/;

function put(area, text, from = area.selectionStart, to = area.selectionEnd) {
  area.focus();
  area.setSelectionRange(from, to);
  if (!document.execCommand("insertText", false, text)) area.setRangeText(text, from, to, "end");
}

function wrap(area, sign) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const words = value.slice(from, to).trim();
  if (words.startsWith(sign) && words.endsWith(sign) && words.length > 2 * sign.length) {
    put(area, words.slice(sign.length, -sign.length));
    return;
  }
  put(area, sign + (words || "tekst") + sign);
  const end = area.selectionEnd - sign.length;
  area.setSelectionRange(end - (words || "tekst").length, end);
}

function lines(area, sign) {
  const { value } = area;
  const from = value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const end = value.indexOf("\n", Math.max(area.selectionEnd - 1, area.selectionStart));
  const to = end < 0 ? value.length : end;
  const rows = value.slice(from, to).split("\n");
  const filled = rows.filter((row) => row.trim());
  const off = filled.length > 0 && filled.every((row, n) => row.startsWith(sign(n)));
  let n = 0;
  const said = rows.map((row) => {
    if (!row.trim() && filled.length) return row;
    const plain = row.replace(SIGN, "");
    return off ? plain : sign(n++) + plain;
  });
  put(area, said.join("\n"), from, to);
}

function link(area) {
  const words = area.value.slice(area.selectionStart, area.selectionEnd);
  const address = /^(https?:\/\/|www\.)\S+$/.test(words.trim());
  const url = address ? words.trim().replace(/^www\./, "https://www.") : "https://";
  put(area, `[${address ? "tekst" : words || "tekst"}](${url})`);
  const end = area.selectionEnd - 1;
  area.setSelectionRange(end - url.length, end);
}

function insert(area, text) {
  const alone = area.value.slice(0, area.selectionStart);
  // A block stands on a line of its own.
  const block = text.endsWith("\n");
  const before = block && alone && !alone.endsWith("\n\n") ? (alone.endsWith("\n") ? "\n" : "\n\n") : "";
  put(area, before + text);
}

function act(button) {
  const area = document.getElementById(button.closest("[data-voor]").dataset.voor);
  const { doe, tekst } = button.dataset;
  if (tekst) insert(area, tekst);
  else if (WRAPS[doe]) wrap(area, WRAPS[doe]);
  else if (LINES[doe]) lines(area, LINES[doe]);
  else if (doe === "link") link(area);
  const menu = button.closest("details");
  if (menu) menu.open = false;
}

function say(area, words) {
  const said = document.querySelector(`[data-voor="${area.id}"] [role="status"]`);
  if (said) said.textContent = words;
}

async function paste(area, html, plain) {
  const cut = html.match(/<!--StartFragment-->([\s\S]*)<!--EndFragment-->/);
  const sent = new FormData();
  sent.set("csrf_token", area.form.elements.csrf_token.value);
  sent.set("html", cut ? cut[1] : html);
  say(area, "Bezig met plakken …");
  try {
    const url = area.dataset.plak;
    const answer = await fetch(url, { method: "POST", body: sent, headers: { Accept: "application/json" } });
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.error);
    put(area, found.text);
    const left = found.left_out.length ? ` Niet overgenomen: ${found.left_out.join(", ")}.` : "";
    say(area, `Geplakt, zonder opmaak die een brief niet heeft.${left}`);
  } catch (error) {
    put(area, plain);
    say(area, error instanceof TypeError ? "Geplakt als gewone tekst: er is geen verbinding." : error.message);
  }
}

for (const bar of document.querySelectorAll("[data-voor]")) {
  bar.hidden = false;
  const stops = [...bar.querySelectorAll("[role=toolbar] > .btn, [role=toolbar] > details > summary")];
  stops.forEach((stop, n) => stop.setAttribute("tabindex", n ? "-1" : "0"));
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-doe], button[data-tekst]");
    if (button) act(button);
  });
  bar.addEventListener("keydown", (event) => {
    const at = stops.indexOf(event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: stops.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = stops[(to + stops.length) % stops.length];
    stops.forEach((stop) => stop.setAttribute("tabindex", stop === next ? "0" : "-1"));
    next.focus();
  });
  const area = document.getElementById(bar.dataset.voor);
  area.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const key = event.key.toLowerCase();
    if (key !== "b" && key !== "k") return;
    event.preventDefault();
    if (key === "b") wrap(area, WRAPS.vet);
    else link(area);
  });
  area.addEventListener("paste", (event) => {
    const html = event.clipboardData.getData("text/html");
    if (!html || !area.dataset.plak) return;
    event.preventDefault();
    paste(area, html, event.clipboardData.getData("text/plain"));
  });
}
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("[data-voor] details[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
