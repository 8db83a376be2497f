/* Draws the figures of <c-chart> as a picture. The table beside it says the same without script.
   A module: however many pictures a page has, it runs once. Colours are those of the style sheet,
   read where it put them, so that light, dark and print follow it. */
const reader = document.documentElement.lang;
const written = (options) => {
  const format = new Intl.NumberFormat(reader, options);
  return (value) => format.format(value).replace("-", "−");
};
const figureOf = written();
const shortOf = written({ notation: "compact" });
const STRIPES = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 };
const drawn = new Map();

const colourOf = (key) => getComputedStyle(key.querySelector("rect")).fill;
const stripesOf = (key) => ({ ...STRIPES, color: getComputedStyle(key.querySelector("pattern rect")).fill });

const seriesOf = (figure, data) => {
  const keys = figure.querySelectorAll(".keys li");
  return data.series.map(({ name, values, line }, at) => {
    const one = { name, data: values, color: colourOf(keys[at]) };
    if (line) return { ...one, type: "line", symbol: "circle", symbolSize: 6, lineStyle: { width: 2 }, z: 3 };
    const decal = keys[at].querySelector("pattern") ? stripesOf(keys[at]) : undefined;
    return { ...one, type: "bar", stack: "all", barMaxWidth: 48, itemStyle: { decal } };
  });
};

const optionOf = (figure, data) => {
  const ink = getComputedStyle(figure);
  const line = { lineStyle: { color: ink.borderTopColor } };
  const text = { color: ink.color, fontFamily: ink.fontFamily, fontSize: 12 };
  const onlyLines = data.series.every((one) => one.line);
  return {
    animation: false,
    title: { text: data.title, show: false },
    aria: { enabled: true },
    textStyle: text,
    grid: { left: 4, right: 12, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      trigger: "axis",
      renderMode: "richText", // drawn, since the policy of the page refuses styles written into it
      confine: true,
      axisPointer: { type: onlyLines ? "line" : "shadow" },
      backgroundColor: ink.backgroundColor,
      borderColor: ink.borderTopColor,
      textStyle: text,
      valueFormatter: figureOf,
    },
    xAxis: { type: "category", data: data.categories, axisLine: line, axisTick: { show: false }, axisLabel: { ...text, hideOverlap: true } },
    yAxis: { type: "value", splitLine: line, axisLabel: { ...text, formatter: shortOf } },
    series: seriesOf(figure, data),
  };
};

const draw = (figure) => {
  const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  drawn.get(figure).setOption(optionOf(figure, data), true);
};

const begin = async (figure) => {
  if (drawn.has(figure)) return;
  drawn.set(figure, null);
  await import(figure.dataset.engine);
  const picture = figure.querySelector(".chart-picture");
  const chart = window.echarts.init(picture, null, { renderer: "svg", locale: reader.startsWith("zh") ? "ZH" : "EN" });
  drawn.set(figure, chart);
  draw(figure);
  figure.querySelector(".chart-figures")?.removeAttribute("open");
  new ResizeObserver(() => chart.resize()).observe(picture);
};

const beginAll = () => document.querySelectorAll("[data-chart]").forEach(begin);
const drawAll = () => drawn.forEach((chart, figure) => chart && draw(figure));

beginAll();
document.addEventListener("htmx:load", beginAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
