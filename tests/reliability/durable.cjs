// Preloaded into Azurite: a change is answered when it is on disk, as the storage service does.
// Azurite by itself saves every five seconds, so that a kill would lose what it had acknowledged.
const { createRequire } = require("node:module");
const { isMainThread } = require("node:worker_threads");
const { ServerResponse } = require("node:http");

if (isMainThread && process.argv[1]) {
  const Loki = createRequire(process.argv[1])("lokijs");
  const databases = new Set();
  const load = Loki.prototype.configureOptions;
  Loki.prototype.configureOptions = function (...options) {
    databases.add(this);
    return load.apply(this, options);
  };
  const saved = (database) =>
    new Promise((resolve, reject) =>
      database.saveDatabase((error) => (error ? reject(error) : resolve())),
    );
  const end = ServerResponse.prototype.end;
  ServerResponse.prototype.end = function (...content) {
    if (this.req.method === "GET" || this.statusCode >= 300) return end.apply(this, content);
    Promise.all([...databases].map(saved)).then(
      () => end.apply(this, content),
      () => this.destroy(), // the disk is full: nothing is acknowledged
    );
    return this;
  };
}
