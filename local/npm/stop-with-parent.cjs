// Preloaded into Azurite: ends it when its standard input ends, that is when the local run ended,
// however it did. A thread of its own, because Azurite's can be busy for minutes.
const { Worker, isMainThread } = require("node:worker_threads");
const watch =
  'new (require("node:net").Socket)({ fd: 0, writable: false })' +
  '.on("close", () => process.kill(process.pid, "SIGKILL")).resume();';
if (isMainThread) new Worker(watch, { eval: true }).unref();
