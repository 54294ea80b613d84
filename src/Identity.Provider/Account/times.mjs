// A page is written without knowing where its reader is, so its times are in UTC and say so. Here that is known: the device's zone, and its name.
// Plain "en" would put the month first, as no other page does.
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
const shown = new Intl.DateTimeFormat(language, {
  year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
});
for (const moment of document.querySelectorAll("time[datetime]")) {
  moment.textContent = shown.format(new Date(moment.dateTime));
}
