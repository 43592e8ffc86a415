// What the hub is doing right now: its status every two seconds, and from the
// difference of two of them how much of it happened in a second. Ten seconds
// lie between those two: what comes now and then would be a comb otherwise.
import { ask, session } from "./api.js";
import { changedSomething } from "./asking.js";
import { useLayoutEffect, useState } from "./lib/hooks.js";

const EVERY_MS = 2000;
const OVER = 5; // turns
export const WINDOW_S = 600;
const SAMPLES = WINDOW_S * 1000 / EVERY_MS + 2;

export const live = {
    state: "loading", // "live", "away"
    status: null,
    since: 0,      // when `state` began
    restarted: 0,  // when a restart was noticed; 0: none was
    past: [],      // statuses of the last turns, the oldest first
    samples: [],   // { at (unix s), rates..., levels... }
    ticks: 0,
    listeners: new Set(),
};

const counters = {
    delivered: "deliveries.delivered", failed: "deliveries.failed",
    retries: "deliveries.retries", pings: "pings", updates: "updates",
    fetches: "fetches", woken: "pulls.woken", pulls: "pulls",
    subscribes: "subscribes", requests: "requests",
};

// Between two histograms: below which so much of what is new lies.
function quantile(before, after, share) {
    if (!after?.counts || !after.bounds_ms)
        return null;
    const fresh = after.counts.map((count, i) =>
        count - (before?.counts?.[i] ?? 0));
    const total = fresh.reduce((sum, count) => sum + count, 0);
    if (total <= 0)
        return null;
    let seen = 0;
    for (let i = 0; i < fresh.length; i++) {
        if (seen + fresh[i] >= total * share) {
            const low = i ? after.bounds_ms[i - 1] : 0;
            const high = after.bounds_ms[i] ?? low;
            return low + (high - low) * ((total * share - seen) / fresh[i]);
        }
        seen += fresh[i];
    }
    return after.bounds_ms.at(-1);
}

function sample(before, after) {
    const at = Date.now() / 1000;
    const seconds = (after.uptime_ms - (before?.uptime_ms ?? 0)) / 1000;
    const same = before && before.pid === after.pid && seconds > 0;
    const one = { at, lagging: after.store?.lagging,
        held: after.pulls?.held ?? after.front?.held,
        flying: after.network?.in_flight?.deliver };
    for (const [name, counter] of Object.entries(counters)) {
        const now = after.counters?.[counter];
        one[name] = same && now !== undefined
            ? (now - before.counters[counter]) / seconds : null;
    }
    for (const [name, of] of [["delivery", "delivery"],
        ["release", "pull_release"]]) {
        const old = before?.histograms?.[of], now = after.histograms?.[of];
        one[`${name}Half`] = same ? quantile(old, now, 0.5) : null;
        one[`${name}Most`] = same ? quantile(old, now, 0.99) : null;
    }
    return one;
}

function changed() {
    live.ticks++;
    for (const listener of live.listeners)
        listener();
}

function enter(state) {
    if (live.state !== state) {
        if (live.state === "away")
            changedSomething();
        live.state = state;
        live.since = Date.now();
    }
}

function take(status) {
    const before = live.status;
    if (before && (before.pid !== status.pid
        || before.uptime_ms > status.uptime_ms)) {
        live.restarted = Date.now();
        live.past = [];
    }
    live.samples.push(sample(live.past[0], status));
    live.past = [...live.past.slice(1 - OVER), status];
    if (live.samples.length > SAMPLES)
        live.samples.shift();
    live.status = status;
    session.setRight(status.right);
    enter("live");
}

let timer = null;

async function turn() {
    try {
        take(await ask("status"));
    } catch (error) {
        if (error.kind === "token")
            return;
        enter("away");
    }
    changed();
    if (session.token)
        timer = setTimeout(turn, EVERY_MS);
}

export function begin() {
    clearTimeout(timer);
    turn();
}

export function end() {
    clearTimeout(timer);
    Object.assign(live, { state: "loading", status: null, restarted: 0,
        past: [], samples: [] });
}

// Draws the caller anew each time there is news.
export function useLive() {
    const [, draw] = useState(0);
    useLayoutEffect(() => {
        const listener = () => draw(live.ticks);
        live.listeners.add(listener);
        return () => live.listeners.delete(listener);
    }, []);
    return live;
}

export const latest = () => live.samples.at(-1) ?? {};
