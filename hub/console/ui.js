// What all parts of the page are made with. Text goes into the document as
// text: nothing here, or in a view, makes markup of a string, and the page's
// policy would not let it.
import { h } from "./lib/preact.js";
import htm from "./lib/htm.js";

export const html = htm.bind(h);

const counts = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const few = new Intl.NumberFormat("en", { maximumFractionDigits: 1,
    minimumFractionDigits: 1 });
const short = new Intl.NumberFormat("en", { notation: "compact",
    maximumFractionDigits: 1 });

export const known = (value) => value !== null && value !== undefined;

export function number(value) {
    if (!known(value) || Number.isNaN(value))
        return "–";
    return Math.abs(value) < 1e6 ? counts.format(value) : short.format(value);
}

export function rate(value) {
    if (!known(value) || Number.isNaN(value))
        return "–";
    return value > 0 && value < 10 ? few.format(value) : number(value);
}

export function bytes(value) {
    if (!known(value))
        return "–";
    const units = ["bytes", "kB", "MB", "GB", "TB"];
    let unit = 0;
    while (value >= 1000 && unit < units.length - 1) {
        value /= 1000;
        unit++;
    }
    return `${unit === 0 ? value : few.format(value)} ${units[unit]}`;
}

// 1234 -> "1.2 s"; of long times the largest unit, or the two largest.
export function span(ms) {
    if (!known(ms))
        return "–";
    if (ms < 1)
        return ms > 0 ? "< 1 ms" : "0 ms";
    if (ms < 1000)
        return `${Math.round(ms)} ms`;
    if (ms < 60e3)
        return `${few.format(ms / 1000)} s`;
    const minutes = Math.round(ms / 60e3), hours = Math.floor(minutes / 60);
    if (minutes < 60)
        return `${minutes} min`;
    if (hours < 48)
        return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
    return `${Math.round(hours / 24)} days`;
}

function distance(ms) {
    const past = ms <= 0, size = Math.abs(ms);
    if (size < 1500)
        return "now";
    const text = size < 60e3 ? `${Math.round(size / 1000)} s` : span(size);
    return past ? `${text} ago` : `in ${text}`;
}

// A moment; `none` says what is shown if there is none. What is `next` and has
// come is about to happen.
export function When({ at, none = "never", next = false }) {
    if (!at)
        return html`<span class="muted">${none}</span>`;
    const date = new Date(at);
    return html`<time class="nowrap" datetime=${date.toISOString()}
        title=${date.toLocaleString()}>${distance(next
        ? Math.max(0, at - Date.now()) : at - Date.now())}</time>`;
}

const looks = {
    active: ["good", "up to date"], lagging: ["warn", "lagging"],
    stopped: ["bad", "given up"], suspended: ["bad", "suspended"],
    paused: ["off", "paused"], waiting: ["warn", "waits for its origin"],
};

export function State({ state }) {
    const [look, words] = looks[state] ?? ["", state];
    return html`<span class="tag"><span class="dot ${look}"></span>${
        words}</span>`;
}

export const Tag = ({ look = "", children }) =>
    html`<span class="tag"><span class="dot ${look}"></span>${
        children}</span>`;

// The scheme says little; whoever reads looks for what comes after it.
export function Address({ url, whole = false }) {
    const text = String(url ?? "");
    const cut = text.indexOf("://") + 1 ? text.indexOf("://") + 3 : 0;
    return html`<span class=${whole ? "" : "cut"} title=${
        whole ? null : text}><span class="scheme">${
        text.slice(0, cut)}</span>${text.slice(cut)}</span>`;
}

// Several callbacks of one host are told apart by a hash of theirs.
export const Who = ({ one }) => html`<span class="cut">${one.host} <span
    class="muted">${one.callback_hash ?? `#${one.id}`}</span></span>`;

// The topic of an update; null: it has been removed since.
export const Updated = ({ one }) => known(one.topic)
    ? html`<a class="whole" href=${link("update", { topic: one.topic,
        seq: one.seq })}><${Address} url=${one.topic}/></a>`
    : html`<span class="muted">topic ${one.topic_id}, removed</span>`;

export const link = (view, params) => {
    const query = new URLSearchParams(Object.entries(params ?? {})
        .filter(([, value]) => known(value) && value !== ""));
    return `#/${view}${query.size ? `?${query}` : ""}`;
};

export const tell = (names, count) =>
    `${number(count)} ${count === 1 ? names : `${names}s`}`;
