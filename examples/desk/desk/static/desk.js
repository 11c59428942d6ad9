// The page: asks for the state every second, and draws what changed. Everything that strangers
// wrote goes into the page as text, never as HTML.

import { draw } from "./draw.js";

const find = (selector) => document.querySelector(selector);
const EVERY = 1000; // milliseconds between two questions
const NOT_THERE = Symbol("not there");

const shown = { state: "open", subject: "", recipient: "", silent: false };
const tags = new Map(); // the ETag of the last answer, by address
const drawn = {}; // the last answers, for drawing anew without asking

async function get(address) {
  const headers = tags.has(address) ? { "If-None-Match": tags.get(address) } : {};
  const response = await fetch(address, { headers, cache: "no-store" });
  if (response.status === 304) return null;
  if (response.status === 404) return NOT_THERE;
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  tags.set(address, response.headers.get("ETag"));
  return response.json();
}

async function post(address, body) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

async function refresh() {
  const state = await get(`api/state?state=${shown.state}`);
  if (state) {
    drawn.state = state;
    drawLists();
  }
  if (!shown.subject) return;
  const { subject } = shown;
  const conversation = await get(`api/tickets/${encodeURIComponent(subject)}`);
  if (subject !== shown.subject) return;
  if (conversation === NOT_THERE) draw.nothing("No ticket yet: only notifications came of it.");
  else if (conversation) draw.conversation(conversation, { showRaw, act });
}

function drawLists() {
  const { state } = drawn;
  draw.counts(state, showParked);
  draw.tickets(state.tickets, shown);
  draw.recipients(state.pushes, shown.recipient);
  draw.pushes(state.pushes, shown, showRaw);
  const canPush = state.webPushKey && shown.recipient && "PushManager" in window;
  find("#subscribe").hidden = !canPush;
}

async function poll() {
  clearTimeout(poll.timer);
  let text = "Live";
  try {
    if (!document.hidden) await refresh();
  } catch (error) {
    text = `Not connected: ${error.message}`;
  }
  const status = find("#connection");
  if (status.textContent !== text) status.textContent = text;
  status.classList.toggle("lost", text !== "Live");
  clearTimeout(poll.timer);
  poll.timer = setTimeout(poll, EVERY);
}

function pane(name) {
  document.body.dataset.pane = name;
}

function route() {
  const subject = new URLSearchParams(location.hash.slice(1)).get("ticket") ?? "";
  if (subject !== shown.subject) tags.delete(`api/tickets/${encodeURIComponent(subject)}`);
  shown.subject = subject;
  pane(subject ? "conversation" : "tickets");
  if (!subject) draw.nothing();
  if (drawn.state) draw.tickets(drawn.state.tickets, shown);
  poll();
}

async function act(ticket, action) {
  try {
    await post(`api/tickets/${encodeURIComponent(ticket.subject)}/${action}`, {
      seenAt: ticket.opened_at,
    });
  } finally {
    poll();
  }
}

async function showRaw(id, kind = "records") {
  const response = await fetch(`api/${kind}/${encodeURIComponent(id)}`);
  draw.raw(await response.json());
}

async function showParked() {
  draw.raw(drawn.state.parked, "Parked messages", (id) => showRaw(id, "parked"));
}

async function subscribe() {
  const registration = await navigator.serviceWorker.register("worker.js", { type: "module" });
  if ((await Notification.requestPermission()) !== "granted") return;
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: drawn.state.webPushKey,
  });
  await post("api/devices", { recipient: shown.recipient, subscription: subscription.toJSON() });
  find("#subscribe").textContent = "Shown on this device";
}

// From one ticket to the next with j and k or the arrows, as in a mail program.
function step(event) {
  const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, select, dialog, pre, #conversation, #pushes")) return;
  const links = [...document.querySelectorAll("#ticket-list a")];
  const at = links.indexOf(document.activeElement);
  links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
  event.preventDefault();
}

for (const button of document.querySelectorAll("[data-state]")) {
  button.addEventListener("click", () => {
    shown.state = button.dataset.state;
    for (const each of document.querySelectorAll("[data-state]")) {
      each.setAttribute("aria-pressed", String(each === button));
    }
    tags.delete(`api/state?state=${shown.state}`);
    poll();
  });
}
for (const button of document.querySelectorAll("[data-pane-of]")) {
  button.addEventListener("click", () => pane(button.dataset.paneOf));
}
find("#recipient").addEventListener("change", (event) => {
  shown.recipient = event.target.value;
  drawLists();
});
find("#silent").addEventListener("change", (event) => {
  shown.silent = event.target.checked;
  drawLists();
});
find("#subscribe").addEventListener("click", subscribe);
document.addEventListener("keydown", step);
document.addEventListener("click", (event) => {
  if (event.target.closest('a[href^="#ticket="]')) pane("conversation");
});
document.addEventListener("visibilitychange", poll);
addEventListener("hashchange", route);
route();
