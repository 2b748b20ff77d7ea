// Cash flow with Chart.js: past days solid, what is expected at 16 % with an edge after the line of today, what is missing dashed amber.
// Values come from a JSON script in the page, amounts in minor units with their text; nothing is added up here.
(() => {
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const faded = (color) => `color-mix(in srgb, ${color} 16%, transparent)`;

  const dashes = {
    id: "dashes",
    afterDatasetDraw(chart, args) {
      const side = chart.data.datasets[args.index].side;
      if (side !== "missing") return;
      const pen = chart.ctx;
      for (const bar of args.meta.data) {
        const { x, y, base, width } = bar.getProps(["x", "y", "base", "width"], true);
        if (base - y < 1) continue;
        pen.save();
        pen.strokeStyle = token("--amber-mark");
        pen.lineWidth = 1.5;
        pen.setLineDash([4, 3]);
        pen.strokeRect(x - width / 2 + 1, y, width - 2, base - y);
        pen.restore();
      }
    },
  };

  const future = (today, words) => ({
    id: "future",
    beforeDatasetsDraw(chart) {
      const { left, right, top, bottom } = chart.chartArea;
      const scale = chart.scales.x;
      const count = chart.data.labels.length;
      if (today >= count) return;
      const at = today > 0 ? (scale.getPixelForValue(today - 1) + scale.getPixelForValue(today)) / 2 : left;
      const pen = chart.ctx;
      pen.save();
      pen.fillStyle = token("--page");
      pen.fillRect(at, top, right - at, bottom - top);
      pen.strokeStyle = token("--field");
      pen.setLineDash([2, 3]);
      pen.beginPath();
      pen.moveTo(at, top);
      pen.lineTo(at, bottom);
      pen.stroke();
      pen.fillStyle = token("--muted");
      pen.font = "12px Inter Variable, sans-serif";
      // Above the bars, of which the highest may stand right here.
      pen.textBaseline = "bottom";
      pen.fillText(words.ahead, Math.min(at + 8, right - pen.measureText(words.ahead).width), top - 4);
      pen.restore();
    },
  });

  const datasets = (data) =>
    data.series.flatMap((series, number) => {
      const color = token(`--series-${Math.min(number + 1, 5)}`);
      const paint = {
        arrived: { backgroundColor: color, borderColor: token("--surface"), borderWidth: { top: 1 } },
        expected: { backgroundColor: faded(color), borderColor: color, borderWidth: 1.5 },
        missing: { backgroundColor: token("--amber-tint"), borderWidth: 0 },
      };
      return ["arrived", "expected", "missing"].map((side) => ({
        ...paint[side],
        side,
        borderSkipped: false,
        label: series.label,
        data: series[side].map((one) => (one ? one.v / data.unit : null)),
        texts: series[side].map((one) => (one ? one.t : "")),
        stack: "money",
        categoryPercentage: 1,
        barPercentage: 0.56,
        minBarLength: 2,
      }));
    });

  const options = (data, language) => ({
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    layout: { padding: { top: 20 } },
    interaction: { mode: "index", intersect: false },
    plugins: {
      legend: { display: false },
      tooltip: {
        backgroundColor: token("--inverse"),
        titleColor: token("--on-inverse"),
        bodyColor: token("--on-inverse"),
        displayColors: false,
        filter: (item) => item.raw !== null,
        callbacks: {
          title: (items) => (items.length ? data.labels[items[0].dataIndex].join(" ") : ""),
          label: (item) => `${item.dataset.label}: ${item.dataset.texts[item.dataIndex]} (${data.words[item.dataset.side]})`,
        },
      },
    },
    scales: {
      x: { stacked: true, grid: { display: false }, border: { display: false }, ticks: { color: token("--muted"), font: { size: 11.5 }, maxRotation: 0 } },
      y: {
        stacked: true,
        border: { display: false },
        grid: { color: token("--line-soft") },
        ticks: {
          color: token("--muted"),
          font: { size: 11.5 },
          maxTicksLimit: 5,
          callback: (value) => new Intl.NumberFormat(language, { notation: "compact" }).format(value).replace("-", "−"),
        },
      },
    },
  });

  const legend = (data) => {
    const place = document.getElementById("cash-flow-legend");
    if (!place) return;
    place.replaceChildren(
      ...data.series.map((series, number) => {
        const entry = document.createElement("span");
        const square = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        const fill = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        fill.setAttribute("width", "10");
        fill.setAttribute("height", "10");
        fill.setAttribute("rx", "2");
        fill.setAttribute("fill", token(`--series-${Math.min(number + 1, 5)}`));
        square.setAttribute("aria-hidden", "true");
        square.append(fill);
        entry.append(square, series.label);
        return entry;
      }),
    );
  };

  const draw = (canvas) => {
    window.Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    const data = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
    const chart = new window.Chart(canvas, {
      type: "bar",
      data: { labels: data.labels, datasets: datasets(data) },
      options: options(data, document.documentElement.lang),
      plugins: [future(data.today, data.words), dashes],
    });
    legend(data);
    document.addEventListener("themechange", () => {
      chart.data.datasets = datasets(data);
      chart.options = options(data, document.documentElement.lang);
      chart.update("none");
      legend(data);
    });
  };

  for (const canvas of document.querySelectorAll("canvas[data-chart]")) if (window.Chart) draw(canvas);
  if (location.hash === "#working") document.getElementById("working").open = true;
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href="#working"]');
    if (link) document.getElementById("working").open = true;
  });
})();
