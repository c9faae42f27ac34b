// What is typed is kept as a klad: with us every few seconds, and in this browser at once, so that
// a lost connection or an ended session loses nothing. Saving by the button goes as ever.
const bar = document.getElementById("klad");
const NAMES = ["subject", "mail", "letter"];
const fields = NAMES.map((name) => document.getElementById(name));
const version = document.getElementById("version");
const key = `klad:${bar.dataset.wie}:${bar.dataset.klad}`;
const PAUSE = 2000;
let timer = 0;
let sent = words();
let leaving = false;

function words() {
  return JSON.stringify(fields.map((field) => field.value));
}

function at(moment) {
  const time = moment.toLocaleTimeString("nl-NL", { hour: "numeric", minute: "2-digit" });
  return `${time.replace(":", ".")} uur`;
}

function say(text, wrong = false) {
  bar.textContent = text;
  bar.classList.toggle("nu", wrong);
  // A screen reader is told what goes wrong, not of each time that all is well.
  bar.setAttribute("aria-live", wrong ? "assertive" : "off");
}

function remember() {
  try {
    if (words() === first) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify({ words: words(), version: version.value, at: Date.now() }));
  } catch {
    // A browser without room keeps nothing; we still do.
  }
}

function forget() {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

async function keep(keepalive = false) {
  const now = words();
  if (now === sent || leaving) return;
  const form = new FormData();
  form.set("csrf_token", fields[0].form.elements.csrf_token.value);
  form.set("version", version.value);
  NAMES.forEach((name, n) => form.set(name, fields[n].value));
  try {
    const answer = await fetch(bar.dataset.klad, {
      method: "POST", body: form, keepalive, headers: { Accept: "application/json" },
    });
    if (answer.ok) {
      sent = now;
      if (words() === now) forget();
      say(`Klad bewaard om ${at(new Date())}. Alleen u ziet het.`);
    } else if (answer.status === 401 || answer.status === 400) {
      say("Het klad staat alleen in deze browser: u bent niet meer ingelogd. Log in een nieuw venster in en laad deze bladzijde daarna opnieuw. Wat u schreef, staat er dan nog.", true);
    } else {
      say(`Het klad staat alleen in deze browser. ${(await answer.json()).error}`, true);
    }
  } catch {
    say("Het klad staat alleen in deze browser: er is geen verbinding. Wij proberen het opnieuw.", true);
    timer = setTimeout(keep, 5 * PAUSE);
  }
}

function put(kept) {
  JSON.parse(kept.words).forEach((value, n) => {
    fields[n].value = value;
  });
  schedule();
}

function schedule() {
  remember();
  clearTimeout(timer);
  timer = setTimeout(keep, PAUSE);
}

const first = sent;
let kept = null;
try {
  kept = JSON.parse(localStorage.getItem(key));
} catch {
  forget();
}
if (kept && kept.words === first) forget();
else if (kept && kept.version === version.value) {
  put(kept);
  say(`Hier staat wat u om ${at(new Date(kept.at))} typte. Het was nog niet bij ons bewaard.`);
} else if (kept) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm btn-outline-secondary";
  button.textContent = "Zet die tekst hier";
  button.addEventListener("click", () => {
    put(kept);
    say("De tekst staat er weer. Bewaar hem als u klaar bent.");
  });
  say(`In deze browser staat nog een tekst van ${new Date(kept.at).toLocaleDateString("nl-NL")}, ${at(new Date(kept.at))}. `);
  bar.append(button);
}
for (const field of fields) field.addEventListener("input", schedule);
fields[0].form.addEventListener("submit", () => {
  leaving = true;
  clearTimeout(timer);
  remember();
});
addEventListener("pageshow", () => {
  leaving = false;
});
addEventListener("pagehide", () => keep(true));
