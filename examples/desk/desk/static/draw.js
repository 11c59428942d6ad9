// Elements out of data. `element` sets text with textContent, so text stays text.

const find = (selector) => document.querySelector(selector);
const CHANNELS = { sms: "SMS", chat: "Chat", email: "E-mail", whatsapp: "WhatsApp", call: "Call" };
const MARKS = {
  queued: "◷", sent: "✓", delivered: "✓✓", read: "✓✓", failed: "!", unknown: "?",
};
const PUSH_STATES = {
  shown: "", waiting: "Waiting", expired: "Expired before it was sent", failed: "Not sent",
  replaced: "Replaced by a newer one", withdrawn: "Withdrawn", background: "Silent",
};
const time = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat([], { year: "numeric", month: "short", day: "numeric" });

function element(kind, properties = {}, ...children) {
  const made = document.createElement(kind);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") made.className = value;
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

// Put new children in, and the focus back to where it was.
function fill(parent, children) {
  const key = document.activeElement?.dataset?.key;
  const had = key && parent.contains(document.activeElement);
  parent.replaceChildren(...children);
  if (had) parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

function when(text) {
  if (!text) return "";
  const moment = new Date(text);
  const made = element("time", { datetime: text, title: moment.toLocaleString() });
  const isToday = day.format(moment) === day.format(new Date());
  made.textContent = isToday ? time.format(moment) : day.format(moment);
  return made;
}

function clock(text) {
  return text ? element("time", { datetime: text }, time.format(new Date(text))) : "";
}

function name(ticket) {
  return ticket.topic || ticket.customer || ticket.conversation;
}

function channel(word) {
  return element("span", { class: "channel", data: { channel: word } }, CHANNELS[word] ?? word);
}

function avatar(text) {
  const made = element("span", { class: "avatar", "aria-hidden": "true" });
  const letters = text.replace(/[^\p{L}\p{N}]/gu, "");
  made.textContent = (/^\d+$/.test(letters) ? letters.slice(-2) : letters.slice(0, 1)) || "?";
  let hue = 0;
  for (const character of text) hue = (hue * 31 + character.codePointAt(0)) % 360;
  made.style.setProperty("--hue", hue);
  return made;
}

function mark(message) {
  if (!message?.delivery) return null;
  const { delivery } = message;
  return element("span", { class: "mark", data: { delivery }, title: delivery, role: "img",
    "aria-label": delivery }, MARKS[delivery] ?? "?");
}

function lastLine(ticket) {
  const { last } = ticket;
  if (!last) return element("span", { class: "preview" }, ticket.title ?? "");
  const text = last.deleted_at ? "Message deleted" : (last.text ?? ticket.title ?? "");
  const who = last.direction === "outbound" && last.text ? "You: " : "";
  return element("span", { class: "preview" }, mark(last), ` ${who}${text}`);
}

function rawButton(ids, showRaw) {
  return ids.map((id, at) => element("button", {
    type: "button", class: "raw", title: "The record as it came", "aria-label": `Record ${at + 1}`,
    data: { key: `raw ${id}` }, onclick: () => showRaw(id),
  }, "{ }"));
}

function ticketItem(ticket, shown) {
  const isCurrent = ticket.subject === shown.subject;
  return element("li", {},
    element("a", { href: `#ticket=${encodeURIComponent(ticket.subject)}`,
      "aria-current": isCurrent && "true", data: { key: ticket.subject } },
      avatar(name(ticket)),
      element("span", { class: "line" },
        element("strong", {}, name(ticket)), when(ticket.active_at)),
      lastLine(ticket),
      element("span", { class: "line badges" }, channel(ticket.channel),
        element("span", { class: "state", data: { state: ticket.state } }, ticket.state),
        ticket.urgent ? element("span", { class: "urgent" }, "High priority") : null)));
}

function bubble(entry, showRaw) {
  const isOurs = entry.direction === "outbound";
  let text = element("p", {}, entry.text ?? "");
  if (entry.deleted_at) text = element("p", { class: "none" }, "This message was deleted.");
  else if (entry.text == null) {
    text = element("p", { class: "none" }, "A message that we sent; records do not hold its text.");
  }
  const failure = entry.delivery === "failed" && element("p", { class: "failure" },
    [entry.failure_reason, entry.explanation].filter(Boolean).join(": "));
  return element("li", { class: "bubble", data: { side: isOurs ? "right" : "left" } },
    element("span", { class: "author" }, entry.author ?? ""),
    text, failure || null,
    element("span", { class: "foot" }, clock(entry.at),
      entry.edited_at && !entry.deleted_at ? " · edited" : null, " ", mark(entry),
      ...rawButton(entry.records, showRaw)));
}

function timeline(entries, showRaw) {
  const items = [];
  let last = "";
  for (const entry of entries) {
    const date = entry.at ? day.format(new Date(entry.at)) : "";
    if (date !== last) items.push(element("li", { class: "day" }, date));
    last = date;
    items.push(entry.kind === "message" ? bubble(entry, showRaw)
      : element("li", { class: "event" }, entry.title ?? entry.type, " · ", clock(entry.at),
        ...rawButton(entry.records, showRaw)));
  }
  return items;
}

function pushItem(push, showRaw) {
  const note = PUSH_STATES[push.state] ?? push.state;
  const detail = push.detail && push.state !== "shown" ? ` (${push.detail})` : "";
  return element("li", { class: "push", data: { pushState: push.state, level: push.level } },
    element("span", { class: "line" }, channel(push.channel),
      element("span", { class: "to" }, push.recipient_name ?? "nobody named"), when(push.time)),
    element("a", { href: `#ticket=${encodeURIComponent(push.subject)}`,
      data: { key: `push ${push.id}` } },
      element("strong", {}, push.title ?? "Fetch the conversation"),
      push.body ? element("span", { class: "body" }, push.body) : null),
    element("span", { class: "foot" },
      note ? element("span", { class: "note" }, note + detail)
        : (push.level === "passive" ? "Without a sound" : "Alert"),
      ...rawButton([push.id], showRaw)));
}

export const draw = {
  counts(state, showParked) {
    for (const button of document.querySelectorAll("[data-state]")) {
      const many = state.counts[button.dataset.state];
      if (many != null) button.dataset.count = many;
    }
    const parked = find("#parked-count");
    parked.hidden = state.parked.length === 0;
    parked.textContent = `${state.parked.length} parked`;
    parked.onclick = showParked;
  },

  tickets(tickets, shown) {
    const items = tickets.map((ticket) => ticketItem(ticket, shown));
    const none = element("li", { class: "empty" }, "No tickets here.");
    fill(find("#ticket-list"), items.length ? items : [none]);
  },

  recipients(pushes, chosen) {
    const names = new Map(pushes.map((push) => [push.recipient, push.recipient_name]));
    names.delete("");
    const select = find("#recipient");
    if ([...select.options].length === names.size + 1) return;
    select.replaceChildren(element("option", { value: "" }, "everybody"),
      ...[...names].map(([key, called]) => element("option", { value: key }, called ?? key)));
    select.value = chosen;
  },

  pushes(pushes, shown, showRaw) {
    const wanted = pushes.filter((push) => (shown.silent || push.level !== "background")
      && (!shown.recipient || push.recipient === shown.recipient));
    const none = element("li", { class: "empty" }, "No notifications yet.");
    fill(find("#push-list"), wanted.length ? wanted.map((push) => pushItem(push, showRaw)) : [none]);
  },

  conversation({ ticket, entries, participants }, { showRaw, act }) {
    const pane = find("#conversation");
    const old = pane.querySelector("ol");
    const isNew = old?.dataset.subject !== ticket.subject;
    const wasAtEnd = !old || old.scrollHeight - old.scrollTop - old.clientHeight < 40;
    const top = old?.scrollTop ?? 0;
    const action = { open: "resolve", resolved: "reopen" }[ticket.state];
    const present = participants.filter((each) => each.present).map((each) => each.name ?? each.who);
    const list = element("ol", { class: "scroll", tabindex: "0", data: { subject: ticket.subject } },
      ...timeline(entries, showRaw));
    fill(pane, [
      element("div", { class: "bar" },
        element("a", { class: "back", href: "#", "aria-label": "Back to the tickets" }, "‹"),
        avatar(name(ticket)),
        element("div", { class: "who" }, element("h2", {}, name(ticket)),
          element("p", {}, channel(ticket.channel),
            element("span", { class: "state", data: { state: ticket.state } }, ticket.state),
            present.length ? element("span", { class: "people" }, present.join(", ")) : null)),
        action && element("button", { type: "button", class: action === "resolve" ? "main" : "",
          data: { key: "action" }, onclick: () => act(ticket, action) },
        action === "resolve" ? "Resolve" : "Reopen")),
      list]);
    list.scrollTop = isNew || wasAtEnd ? list.scrollHeight : top;
  },

  nothing(why = "Choose a ticket on the left.") {
    find("#conversation").replaceChildren(
      element("a", { class: "back", href: "#", "aria-label": "Back to the tickets" }, "‹"),
      element("p", { class: "empty" }, why));
  },

  raw(value, title = "Record", open = null) {
    const dialog = find("#raw");
    find("#raw-title").textContent = title;
    const body = dialog.querySelector("pre");
    if (!open) body.textContent = JSON.stringify(value, null, 2);
    else {
      body.replaceChildren(...value.map((each) => element("button", { type: "button",
        onclick: () => open(each.id) }, each.reason, element("br"), when(each.at))));
    }
    if (!dialog.open) dialog.showModal();
  },
};
