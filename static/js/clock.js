// Due clocks count down once a minute, without animation. The same thresholds as apps/core/due.py.
(() => {
  const words = () => document.getElementById("clock-words").dataset;
  const say = (unit, number) => words()[number === 1 ? unit : `${unit}s`].replace("#", number);

  const length = (minutes, exact) => {
    const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
    const parts = [];
    if (days) parts.push(say("day", days));
    if (hours) parts.push(say("hour", hours));
    if (!days && (!hours || (rest && exact))) parts.push(say("minute", rest));
    return parts.join(" ");
  };

  const update = (clock) => {
    const left = (new Date(clock.dateTime) - Date.now()) / 60000;
    if (left > 1440) return; // the server wrote the date
    const tone = left < 0 ? "red" : left <= 480 ? "amber" : "neutral";
    const text = length(Math.floor(Math.abs(left)), left >= 0);
    clock.className = `due due--${tone}`;
    clock.querySelector("span").textContent = left < 0 ? words().overdue.replace("#", text) : text;
    const use = clock.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, left < 0 ? "#i-alert-circle" : "#i-clock"));
  };

  const updateAll = () => document.querySelectorAll("time[data-due]").forEach(update);
  setInterval(updateAll, 60000);
  document.addEventListener("visibilitychange", () => document.hidden || updateAll());
})();
