// Shows pushes, whether the page is open or not. A push with the tag of an older one replaces it.

self.addEventListener("push", (event) => {
  const { title, body, tag, silent, subject } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, {
    body, tag, silent, renotify: !silent, icon: "icon.svg", data: { subject },
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = `./#ticket=${encodeURIComponent(event.notification.data.subject)}`;
  event.waitUntil(self.clients.openWindow(address));
});
