// A page is written without knowing where its reader is, so its times are in UTC and say so. Here that is known: the device's zone, and its name.
const shown = new Intl.DateTimeFormat(document.documentElement.lang, {
  year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
});
for (const moment of document.querySelectorAll("time[datetime]")) {
  moment.textContent = shown.format(new Date(moment.dateTime));
}
