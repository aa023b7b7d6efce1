// The page at which decisions are made: one sentence is in focus, each key is that of a button.
"use strict";
const page = document.getElementById("page");
const sentences = [...document.querySelectorAll(".s")];
const listed = sentences.filter((s) => s.classList.contains("listed"));
const ask = { decide: byId("decide"), reject: byId("reject"), relabel: byId("relabel") };
const note = byId("note");
const verdict = byId("verdict");
const CLAIM = "unsupported_claim";
const SAID = { accept: "Accepted", reject: "Rejected", relabel: "Relabelled", missed: "Missed by the model", unsure: "Unsure" };
let now = null;
let relabelling = "relabel";
let busy = false;

function byId(id) { return document.getElementById(id); }
function words(text) { return text ? text.split(" ") : []; }
function isOpen(s) { return !s.dataset.kind; }

function show(which) {
  for (const [name, element] of Object.entries(ask)) element.hidden = name !== which;
  if (which !== "decide") ask[which].querySelector("button, input").focus();
  else if (now) now.focus({ preventScroll: true });
}

function say(text, wrong = false) {
  verdict.textContent = text;
  verdict.classList.toggle("wrong", wrong);
}

function describe(s) {
  if (!s || isOpen(s)) return "";
  const labels = words(s.dataset.labels).join(", ").replaceAll("_", " ");
  const claim = s.dataset.claim && s.dataset.claim !== "unsupported" ? `claim: ${s.dataset.claim}` : "";
  const what = s.dataset.kind === "unsure" ? "" : labels || "no label";
  const parts = [what, claim, s.dataset.note && `“${s.dataset.note}”`, s.dataset.by && `by ${s.dataset.by}`];
  return `${SAID[s.dataset.kind]}: ${parts.filter(Boolean).join("; ")}`;
}

function focus(s) {
  if (now) now.classList.remove("now");
  now = s;
  for (const section of byId("why").children) section.hidden = true;
  const why = s ? byId(`w${s.dataset.start}`) || byId("plain") : byId("nothing");
  why.hidden = false;
  for (const button of ask.decide.children) {
    const does = button.dataset.do;
    const flagged = s && s.dataset.flags !== "";
    button.hidden = does !== "undo" && (!s || (does === "missed" ? flagged : !flagged));
  }
  note.value = s ? s.dataset.note : "";
  say(describe(s));
  show("decide");
  if (s) {
    s.classList.add("now");
    s.scrollIntoView({ block: "nearest" });
  }
  marks();
}

function marks() {
  const rail = byId("rail");
  const text = document.querySelector("article").getBoundingClientRect();
  rail.replaceChildren(...listed.map((s) => {
    const mark = document.createElement("i");
    mark.className = s.className.replace(/\b(s|listed)\b/g, "");
    mark.classList.toggle("done", !isOpen(s));
    mark.style.top = `${(100 * (s.getBoundingClientRect().top - text.top)) / text.height}%`;
    mark.onclick = () => focus(s);
    return mark;
  }));
}

function step(among, by) {
  if (!among.length) return;
  let place = among.indexOf(now);
  if (place < 0 && now) {
    const at = Number(now.dataset.start);
    place = among.findIndex((s) => Number(s.dataset.start) > at) - (by > 0 ? 1 : 0);
    if (place < -1) place = among.length;
  }
  focus(among[Math.min(Math.max(place + by, 0), among.length - 1)]);
}

function advance(next) {
  if (!listed.includes(now)) return focus(now); // one that was missed: reading goes on
  const after = listed.slice(listed.indexOf(now) + 1).concat(listed).find(isOpen);
  if (after) focus(after);
  else location.assign(next);
}

async function post(path, content) {
  const body = JSON.stringify({ query: page.dataset.query, ...content });
  const answer = await fetch(path, { method: "POST", body, headers: { "Content-Type": "application/json" } });
  const text = await answer.text();
  let found = { error: text };
  try { found = JSON.parse(text); } catch { /* a refusal in plain words */ }
  if (!answer.ok) throw new Error(found.error);
  return found;
}

function settle(item, decision) {
  for (const s of sentences.filter((s) => s.dataset.item === String(item))) {
    s.dataset.kind = decision ? decision.kind : "";
    s.dataset.labels = decision ? (decision.labels || []).join(" ") : "";
    s.dataset.claim = (decision && decision.claim) || "";
    s.dataset.note = decision ? decision.note : "";
    s.dataset.by = decision ? decision.reviewer : "";
  }
}

async function decide(kind, labels = [], claim = null) {
  if (!now || busy) return;
  busy = true;
  const s = now;
  try {
    const span = { start: Number(s.dataset.start), end: Number(s.dataset.end) };
    const given = { page: Number(page.dataset.page), ...span, kind, labels, claim, note: note.value };
    const answer = await post("/decide", given);
    s.dataset.item = answer.item;
    settle(answer.item, answer.decision);
    byId("open").textContent = answer.open;
    advance(answer.next);
  } catch (error) {
    say(`Not kept: ${error.message}`, true);
  } finally {
    busy = false;
  }
}

async function undo() {
  if (busy) return;
  busy = true;
  try {
    const answer = await post("/undo", {});
    if (answer.page !== Number(page.dataset.page)) {
      location.assign(`/page/${answer.page}?${page.dataset.query}&at=${answer.start}`);
      return;
    }
    settle(answer.item, answer.decision);
    byId("open").textContent = answer.open;
    focus(sentences.find((s) => Number(s.dataset.start) === answer.start) || now);
    say(`Undone. ${describe(now)}`);
  } catch (error) {
    say(error.message, true);
  } finally {
    busy = false;
  }
}

function relabel(kind) {
  relabelling = kind;
  const held = isOpen(now) ? words(now.dataset.flags) : words(now.dataset.labels);
  const claim = now.dataset.claim || (held.includes(CLAIM) ? "unsupported" : "none");
  for (const box of ask.relabel.querySelectorAll("input")) {
    box.checked = box.type === "radio" ? box.value === claim : held.includes(box.value);
  }
  show("relabel");
}

ask.relabel.addEventListener("submit", (event) => {
  event.preventDefault();
  const labels = [...ask.relabel.querySelectorAll("[name=label]:checked")].map((box) => box.value);
  const radio = ask.relabel.querySelector("[name=claim]:checked");
  if (radio && radio.value === "unsupported") labels.push(CLAIM);
  if (relabelling === "missed" && !labels.length) return say("Nothing was missed without a label.", true);
  decide(relabelling, labels, radio && radio.value);
});

const actions = {
  accept: () => decide("accept"),
  reject: () => (words(now.dataset.flags).includes(CLAIM) ? show("reject") : decide("reject")),
  "reject-none": () => decide("reject", [], "none"),
  "reject-supported": () => decide("reject", [], "supported"),
  relabel: () => relabel("relabel"),
  missed: () => relabel("missed"),
  unsure: () => decide("unsure"),
  undo,
  cancel: () => show("decide"),
  previous: () => step(listed, -1),
  following: () => step(listed, 1),
  up: () => step(sentences, -1),
  down: () => step(sentences, 1),
  page: async () => location.assign(`/next?${page.dataset.query}&after=${page.dataset.page}`),
  queue: () => location.assign(`/?${page.dataset.query}`),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  const sentence = event.target.closest(".s");
  if (button) actions[button.dataset.do]();
  else if (sentence && !String(getSelection())) focus(sentence);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target === note) {
    if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); now && now.focus(); }
    return;
  }
  const arrows = { ArrowDown: "j", ArrowUp: "k" };
  const key = arrows[event.key] || event.key;
  if (key === "e" || key === "E") { event.preventDefault(); note.focus(); return; }
  const inForm = !ask.relabel.hidden;
  if (inForm && key === "Enter") { event.preventDefault(); ask.relabel.requestSubmit(); return; }
  if (key === "Enter" || key === " ") return; // a button that has the focus
  const asked = !ask.decide.hidden ? document : inForm ? ask.relabel : ask.reject;
  const hit = [...asked.querySelectorAll("[data-key]")].find((element) => {
    const exact = element.dataset.key.toLowerCase() === "k" || element.dataset.key.toLowerCase() === "j";
    const same = exact ? element.dataset.key === key : element.dataset.key.toLowerCase() === key.toLowerCase();
    return same && !element.closest("[hidden]");
  });
  if (!hit) return;
  event.preventDefault();
  hit.click();
});

addEventListener("resize", marks);
const at = sentences.find((s) => s.dataset.start === page.dataset.at);
focus(at || listed.find(isOpen) || listed[0] || sentences[0] || null);
