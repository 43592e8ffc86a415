// A live chart: ten minutes that end now. The numbers are beside it as text;
// whoever points at it reads those of that moment instead.
import uPlot from "./lib/uplot.js";
import { useEffect, useLayoutEffect, useRef, useState } from "./lib/hooks.js";
import { live, useLive, WINDOW_S } from "./live.js";
import { html, known } from "./ui.js";

const HEIGHT = 155;
const sync = uPlot.sync("live");
const dark = matchMedia("(prefers-color-scheme: dark)");

// What a colour of the sheet is right now: a canvas knows no variables.
function colour(name) {
    const probe = document.createElement("i");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
}

const fading = (text) => {
    const parts = text.match(/[\d.]+/g) ?? [0, 0, 0];
    return `rgba(${parts[0]},${parts[1]},${parts[2]},0.1)`;
};

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([],
    { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function options(series, format, least, onPoint) {
    const axis = { stroke: colour("muted"), font: "11px system-ui, sans-serif",
        grid: { stroke: colour("line"), width: 1 }, ticks: { show: false } };
    return {
        width: 300, height: HEIGHT, padding: [8, 10, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: sync.key }, points: { size: 6 },
            drag: { x: false, y: false }, y: false },
        scales: {
            x: { time: true, range: () => {
                const end = Date.now() / 1000;
                return [end - WINDOW_S, end];
            } },
            y: { range: (_, low, high) =>
                [0, Math.max(least, (high ?? 0) * 1.15)] },
        },
        axes: [
            { ...axis, space: 70, size: 24, values: (_, splits) =>
                splits.map(clock) },
            { ...axis, space: 34, size: 52, values: (_, splits) =>
                splits.map(format) },
        ],
        series: [{}, ...series.map(({ look, gaps = false }, i) => {
            const stroke = colour(look);
            return { stroke, width: 1.75, spanGaps: gaps,
                points: { show: false },
                fill: i === 0 ? fading(stroke) : undefined };
        })],
        hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
    };
}

const rows = (series) => [live.samples.map((one) => one.at),
    ...series.map(({ of }) => live.samples.map((one) => one[of] ?? null))];

// The theme is a matter of the page's, not of the chart's.
function useTheme() {
    const [theme, setTheme] = useState(0);
    useEffect(() => {
        const changed = () => setTheme((was) => was + 1);
        dark.addEventListener("change", changed);
        const observer = new MutationObserver(changed);
        observer.observe(document.documentElement,
            { attributeFilter: ["data-theme"] });
        return () => {
            dark.removeEventListener("change", changed);
            observer.disconnect();
        };
    }, []);
    return theme;
}

// series: { of: a member of samples, look: "one", name, gaps: go over them }
export function Chart({ title, unit, series, format, least = 1 }) {
    const box = useRef(null), plot = useRef(null);
    const [point, setPoint] = useState(null);
    const theme = useTheme();
    useLive();
    useLayoutEffect(() => {
        const chart = new uPlot(options(series, format, least, setPoint),
            rows(series), box.current);
        plot.current = chart;
        const resize = () => chart.setSize({
            width: Math.max(120, box.current.clientWidth - 6),
            height: HEIGHT });
        const observer = new ResizeObserver(resize);
        observer.observe(box.current);
        resize();
        return () => {
            observer.disconnect();
            chart.destroy();
            plot.current = null;
        };
    }, [theme]);
    useEffect(() => {
        plot.current?.setData(rows(series));
    }, [live.ticks]);
    const shown = live.samples[point ?? live.samples.length - 1] ?? {};
    const values = series.map(({ of, name }) =>
        `${name} ${known(shown[of]) ? format(shown[of]) : "unknown"}`);
    return html`<section class="panel chart">
        <header><h2>${title}</h2><span class="muted">${
            point === null ? unit : clock(shown.at)}</span></header>
        <ul class="legend">${series.map(({ of, look, name }) =>
            html`<li key=${of}><span class="line ${look}"></span>${
                name} <b>${known(shown[of]) ? format(shown[of]) : "–"}</b>
            </li>`)}</ul>
        <div class="plot" ref=${box} role="img"
            aria-label=${`${title}, ${unit}: ${values.join(", ")}`}></div>
    </section>`;
}
