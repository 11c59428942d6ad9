// Reads records, one JSON a line on standard input, with the CloudEvents SDK as strictly as it can.
"use strict";
const { createRequire } = require("node:module");
const { createInterface } = require("node:readline");

const { HTTP } = createRequire(process.argv[2])("cloudevents");
const headers = { "content-type": "application/cloudevents+json" };

createInterface({ input: process.stdin }).on("line", (message) => {
  const record = HTTP.toEvent({ headers, body: Buffer.from(message, "base64").toString() });
  record.validate();
  console.log(JSON.stringify([record.id, record.data]));
});
