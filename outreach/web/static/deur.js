// The list at the door on a phone: what is pressed shows at once, is kept on the phone, and is
// sent when there is a connection. Each press has its own key and time, so that sending twice is
// once and the server can say which of two phones was later. Without this file: plain forms.
const list = document.getElementById("lijst");
const { address } = list.dataset;
const day = Number(list.dataset.day);
const words = JSON.parse(list.dataset.say); // in the language of the page
const tell = (key, name = "") => words[key].replace("%(name)s", () => name);
const at = (id) => document.getElementById(id);
const EVERY = 5000; // milliseconds between two looks at the list
const PATIENCE = 8000; // milliseconds that an answer may take
let known = { rows: [] }; // the list as the server said it last
let queue = []; // presses that the server does not have yet, in their order
let last = 0;
// This page on this phone, by nothing but chance: what it says is in its own order.
const phone = Array.from(crypto.getRandomValues(new Uint8Array(12)), (one) => one.toString(16).padStart(2, "0")).join("");
let version = "";
let busy = false;
let shut = false;

// ---- what stays on the phone ----

const opened = new Promise((resolve) => {
  const asked = window.indexedDB?.open("deur", 1);
  if (!asked) return resolve(null);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("taps", { keyPath: "key" });
    asked.result.createObjectStore("lists", { keyPath: "day" });
  };
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => resolve(null); // a private window: kept for as long as the page is open
});

async function stored(name, work) {
  const base = await opened;
  if (!base) return undefined;
  return new Promise((resolve, reject) => {
    const deed = base.transaction(name, "readwrite");
    const asked = work(deed.objectStore(name));
    deed.oncomplete = () => resolve(asked?.result);
    deed.onabort = () => reject(deed.error);
  });
}

// The page for when there is no connection; pages and lists of other days go.
async function keepPage() {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/deur/werker.js", { scope: "/deur/" });
  const store = await caches.open("deur");
  for (const one of await store.keys()) {
    const { pathname } = new URL(one.url);
    if (pathname.startsWith("/deur/") && pathname !== address) await store.delete(one);
  }
  const files = performance.getEntriesByType("resource").map((one) => new URL(one.name).pathname);
  await store.addAll([address, ...new Set(files.filter((name) => name.startsWith("/static/")))]);
}

// ---- pressing ----

async function press(tap) {
  last = Math.max(Date.now(), last + 1);
  const made = { key: `${phone}-${last}`, day, at: last, ...tap };
  queue.push(made);
  show();
  await stored("taps", (store) => store.put(made));
  send();
}

list.closest("form").addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || shut) return;
  event.preventDefault();
  const { id } = button.closest("li").dataset;
  const came = button.name === "aanwezig";
  press({ id: /^\d+$/.test(id) ? Number(id) : id, came });
  say(tell(came ? "here" : "back", nameOf(id)));
});

at("opschrijven").addEventListener("submit", (event) => {
  if (shut) return;
  event.preventDefault();
  const form = event.target;
  const sent = new FormData(form);
  const name = sent.get("naam").trim();
  press({ name, role: sent.get("functie"), gemeente: sent.get("gemeente"), email: sent.get("email") });
  say(tell("added", name));
  form.reset();
  at("nieuw").open = false;
  at("nieuw").querySelector("summary").focus();
});

// ---- sending ----

async function send() {
  if (busy || shut) return;
  busy = true;
  const sent = queue.slice(0, 100);
  try {
    const answer = sent.length ? await post(sent) : await look();
    if (answer.status === 404 || answer.status === 410) await close(answer);
    else if (answer.ok) await take(answer);
    else if (answer.status !== 304) throw new Error(String(answer.status));
    if (!shut) connected(true);
  } catch {
    connected(false);
  } finally {
    busy = false;
  }
  if (sent.length && queue.length && navigator.onLine && !queue.includes(sent[0])) send();
}

function post(taps) {
  const body = JSON.stringify({ now: Date.now(), taps });
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  return fetch(`${address}/tikken`, { method: "POST", headers, body, signal: AbortSignal.timeout(PATIENCE) });
}

function look() {
  const headers = { Accept: "application/json", "If-None-Match": version };
  return fetch(`${address}/lijst`, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
}

async function take(answer) {
  version = answer.headers.get("ETag") ?? "";
  const said = await answer.json();
  const gone = new Set([...(said.done ?? []), ...(said.refused ?? []).map((one) => one.key)]);
  for (const one of said.refused ?? []) say(tell("refused", one.reason));
  known = said;
  queue = queue.filter((one) => !gone.has(one.key));
  await stored("taps", (store) => gone.forEach((key) => store.delete(key)));
  await stored("lists", (store) => store.put({ ...said, day }));
  show();
}

// The link was taken back or the day is over: the names go, what was not sent stays for a new link.
async function close(answer) {
  shut = true;
  const said = await answer.json().catch(() => ({}));
  await stored("lists", (store) => store.clear());
  await caches?.delete("deur");
  list.replaceChildren();
  const left = queue.length ? ` ${tell("left", reports())}` : "";
  status(`${said.error ?? tell("link")}${left}`);
}

// ---- showing ----

function connected(is) {
  if (!is) {
    const left = queue.length ? ` ${tell("later", reports())}` : "";
    status(`${tell("offline")}${left}`);
  } else status(queue.length ? tell("ready", reports()) : tell("sent"));
}

const reports = () => tell(queue.length === 1 ? "one" : "many", String(queue.length));

function status(text) {
  const line = at("verbinding");
  line.hidden = false;
  if (line.textContent !== text) line.textContent = text;
}

function say(text) {
  at("gemeld").hidden = false;
  at("gemeld").firstElementChild.textContent = text;
}

const nameOf = (id) => list.querySelector(`[data-id="${CSS.escape(id)}"] b`).textContent;

function rows() {
  const found = known.rows.map((one) => ({ ...one, here: one.since !== "" }));
  for (const one of queue.filter((tap) => tap.name)) {
    found.push({ id: one.key, name: one.name, gemeente: one.gemeente, role: "", stands: tell("unsent"), code: "", since: "", here: true });
  }
  const by = new Map(found.map((one) => [one.id, one]));
  for (const tap of queue) {
    const row = by.get(tap.id ?? tap.key);
    if (!row) continue;
    row.here = tap.name ? true : tap.came;
    const when = new Date(tap.at);
    row.since = `${when.getHours()}${words.dot}${String(when.getMinutes()).padStart(2, "0")}`;
  }
  return found;
}

function show() {
  if (!known.rows.length && !queue.length) return;
  const found = rows();
  const ids = new Set(found.map((one) => String(one.id)));
  for (const line of [...list.children]) if (!ids.has(line.dataset.id)) line.remove();
  let before = null;
  for (const row of found) before = line(row, before);
  at("aanwezig").textContent = String(found.filter((one) => one.here).length);
  if (known.capacity) {
    at("verwacht").textContent = String(known.expected);
    at("plaatsen").textContent = String(known.capacity);
    at("vol").hidden = found.filter((one) => one.here).length < known.capacity;
  }
  filter();
}

function line(row, before) {
  let found = list.querySelector(`[data-id="${CSS.escape(String(row.id))}"]`);
  if (!found) {
    found = at("regel").content.firstElementChild.cloneNode(true);
    found.dataset.id = row.id;
    list.insertBefore(found, before ? before.nextSibling : list.firstChild);
  }
  const said = `${row.name}|${row.here}|${row.since}|${row.stands}|${row.parts}`;
  if (found.dataset.said === said) return found;
  found.dataset.said = said;
  found.dataset.code = row.code;
  found.dataset.words = fold(`${row.name} ${row.gemeente}`);
  fill(found, row);
  return found;
}

function fill(found, row) {
  const lower = row.role.slice(0, 1).toLowerCase() + row.role.slice(1);
  found.querySelector("b").textContent = row.name;
  const hint = found.querySelector(".hulp");
  hint.textContent = `${[row.gemeente, lower, row.parts].filter(Boolean).join(", ")} `;
  if (row.stands) {
    const apart = document.createElement("b");
    apart.className = "anders";
    apart.textContent = row.stands;
    hint.append(apart);
  }
  let since = found.querySelector(".sinds");
  if (!since) {
    since = at("regel").content.querySelector(".sinds").cloneNode(true);
    found.insertBefore(since, found.querySelector("button"));
  }
  since.hidden = !row.here;
  since.lastElementChild.textContent = row.since;
  const button = found.querySelector("button");
  button.className = `btn ${row.here ? "btn-outline-primary" : "btn-primary"}`;
  button.name = row.here ? "terug" : "aanwezig";
  button.value = row.id;
  const hidden = document.createElement("span");
  hidden.className = "visually-hidden";
  hidden.textContent = `: ${row.name}`;
  button.replaceChildren(tell(row.here ? "undo" : "present"), hidden);
}

// ---- searching and scanning ----

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();

function asCode(typed) {
  const plain = typed.toUpperCase().replace(/[^A-Z0-9]/g, "").replace(/[IL]/g, "1").replace(/O/g, "0");
  return plain.length === 8 ? `${plain.slice(0, 4)}-${plain.slice(4)}` : "";
}

function filter() {
  const typed = at("zoek").value;
  const parts = fold(typed).split(" ");
  const code = asCode(typed);
  let seen = 0;
  for (const one of list.children) {
    const text = one.dataset.words ?? fold(one.querySelector(".wie").textContent);
    one.hidden = !(parts.every((word) => text.includes(word)) || (code && one.dataset.code === code));
    seen += one.hidden ? 0 : 1;
  }
  at("niemand").hidden = seen > 0;
}

at("zoek").addEventListener("input", filter);
at("zoekknop").hidden = true;
at("zoeken").addEventListener("submit", (event) => {
  event.preventDefault();
  filter();
});

async function scan() {
  const picture = at("beeld");
  if (picture.srcObject) return stopScan(picture);
  try {
    picture.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    say(tell("camera"));
    return undefined;
  }
  picture.hidden = false;
  at("scan").textContent = tell("stop");
  await picture.play();
  const eye = new BarcodeDetector({ formats: ["qr_code"] });
  let seen = "";
  while (picture.srcObject) {
    const [found] = await eye.detect(picture).catch(() => []);
    if (found && found.rawValue !== seen) {
      seen = found.rawValue;
      met(seen);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return undefined;
}

function stopScan(picture) {
  picture.srcObject.getTracks().forEach((one) => one.stop());
  picture.srcObject = null;
  picture.hidden = true;
  at("scan").textContent = tell("scan");
}

function met(text) {
  const code = asCode(text);
  const row = rows().find((one) => code && one.code === code);
  if (!row) return say(tell("unknown"));
  if (row.here) return say(tell("before", row.name));
  press({ id: row.id, came: true });
  navigator.vibrate?.(80);
  return say(tell("here", row.name));
}

if ("BarcodeDetector" in window && navigator.mediaDevices) {
  BarcodeDetector.getSupportedFormats().then((formats) => {
    at("scanner").hidden = !formats.includes("qr_code");
  });
  at("scan").addEventListener("click", scan);
}

// ---- beginning ----

async function begin() {
  const all = (store) => store.getAll();
  const [taps, lists] = await Promise.all(["taps", "lists"].map((name) => stored(name, all).catch(() => [])));
  const earlier = (taps ?? []).filter((one) => one.day === day).sort((one, two) => one.at - two.at);
  queue = [...earlier, ...queue];
  known = (lists ?? []).find((one) => one.day === day) ?? known;
  show();
  send();
  await stored("lists", (store) => (lists ?? []).forEach((one) => one.day !== day && store.delete(one.day)));
}

begin();
keepPage().catch(() => {}); // without it the page works as long as it is open
navigator.storage?.persist?.();
addEventListener("online", send);
const seen = () => document.visibilityState === "visible";
document.addEventListener("visibilitychange", () => seen() && send());
setInterval(() => seen() && send(), EVERY);
