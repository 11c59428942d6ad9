-- Made once, where there is no table `seen` yet; a later change needs a migration of your own.
-- Times and sequences are texts whose order is the order of time, '' for none.

-- Ids of the records that were applied. Never delete from it: a copy may come whenever.
CREATE TABLE seen (
    id TEXT PRIMARY KEY
);

-- The applied records as they came, for people who want to look.
CREATE TABLE records (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    message_id TEXT,
    type TEXT NOT NULL,
    time TEXT NOT NULL,
    title TEXT,
    body TEXT NOT NULL
);
CREATE INDEX records_of_a_ticket ON records (subject, time);

-- One for each conversation. Open while opened_at > resolved_at, unless it ended.
CREATE TABLE tickets (
    subject TEXT PRIMARY KEY,
    conversation TEXT NOT NULL,
    channel TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    urgent_at TEXT NOT NULL,
    resolved_at TEXT NOT NULL DEFAULT '',
    ended INTEGER NOT NULL,
    active_at TEXT NOT NULL,
    title TEXT,
    title_order TEXT NOT NULL,
    customer TEXT,
    customer_order TEXT NOT NULL,
    topic TEXT,
    topic_sequence TEXT NOT NULL
);
CREATE INDEX tickets_by_activity ON tickets (active_at);

-- The message and its delivery change independently, each by its own sequence.
CREATE TABLE messages (
    subject TEXT NOT NULL,
    id TEXT NOT NULL,
    direction TEXT,
    author TEXT,
    sent_at TEXT NOT NULL,
    text TEXT,
    edited_at TEXT,
    deleted_at TEXT,
    sequence TEXT NOT NULL DEFAULT '',
    delivery TEXT,
    delivery_at TEXT,
    failure_reason TEXT,
    explanation TEXT,
    code TEXT,
    tag TEXT,
    delivery_sequence TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (subject, id)
);
CREATE INDEX messages_by_time ON messages (subject, sent_at);

CREATE TABLE participants (
    subject TEXT NOT NULL,
    who TEXT NOT NULL,
    name TEXT,
    present INTEGER NOT NULL,
    sequence TEXT NOT NULL,
    PRIMARY KEY (subject, who)
);

-- Browsers that want the pushes of a recipient.
CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    recipient TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    p256dh TEXT NOT NULL,
    auth TEXT NOT NULL,
    added_at TEXT NOT NULL
);
CREATE INDEX devices_of_a_recipient ON devices (recipient);

CREATE TABLE pushes (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    recipient_name TEXT,
    collapse_key TEXT NOT NULL,
    level TEXT NOT NULL,
    title TEXT,
    body TEXT,
    sequence TEXT NOT NULL,
    time TEXT NOT NULL,
    expires TEXT NOT NULL
);
CREATE INDEX pushes_of_a_key ON pushes (recipient, collapse_key, sequence);
CREATE INDEX pushes_by_time ON pushes (time);

-- A push for a device: 'waiting' until it is sent, expired, dropped, failed or gone.
CREATE TABLE outbox (
    push TEXT NOT NULL,
    device TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    tries INTEGER NOT NULL DEFAULT 0,
    not_before TEXT NOT NULL DEFAULT '',
    detail TEXT,
    PRIMARY KEY (push, device)
);

-- What could not be applied, and why.
CREATE TABLE parked (
    id TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    body TEXT NOT NULL,
    at TEXT NOT NULL
);
