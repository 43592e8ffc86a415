// The daemon itself: its numbers, its limits, its options, its store.
import { act } from "../api.js";
import { changedSomething, useAsk, useList } from "../asking.js";
import { useState } from "../lib/hooks.js";
import { useLive } from "../live.js";
import { Act, Ask, Field, Ghosts, now, Page, Panel, Table, Wrong }
    from "../parts.js";
import { bytes, html, known, number, span } from "../ui.js";

function Process({ status }) {
    const { memory, front, pulls, limits } = status;
    return html`<dl class="facts">
        <dt>Version</dt><dd>${status.version}</dd>
        <dt>Running for</dt><dd>${span(status.uptime_ms)}</dd>
        <dt>Public address</dt><dd>${status.public_url}</dd>
        <dt>Listens at</dt><dd>${[status.listen].flat().join(", ")}</dd>
        <dt>Process</dt><dd>${status.pid}</dd>
        <dt>Memory</dt><dd>${bytes(memory?.rss_anon)} of its own, ${
            bytes(memory?.rss_file)} of files</dd>
        <dt>Connections</dt><dd>${number(front?.open)} open, ${
            number(front?.accepted)} so far; ${number(limits?.descriptors)
            } descriptors at most</dd>
        <dt>Held pulls</dt><dd>${number(pulls?.held)}${pulls?.held_by_voice
            && ` (${Object.entries(pulls.held_by_voice)
                .filter(([, count]) => count > 0)
                .map(([name, count]) => `${number(count)} by ${name}`)
                .join(", ") || "none"})`}</dd>
        <dt>Longest step</dt><dd>${span(
            (status.loop?.longest_us ?? 0) / 1000)}</dd>
    </dl>`;
}

function Room({ used, of, words }) {
    const share = of > 0 ? used / of : 0;
    const look = share > 0.9 ? "bad" : share > 0.8 ? "warn" : "";
    return html`<div>${words}<div class="bar ${look}"><i style=${{ width:
        `${Math.min(100, share * 100)}%` }}></i></div></div>`;
}

const rooms = { store: "Used of the map", disk: "Used of the disk",
    topics: "Topics", subscriptions: "Subscriptions",
    mailboxes: "Mailboxes" };

function Store({ status }) {
    const { data, trouble } = useAsk("store", {}, 30000);
    const store = status.store ?? {};
    const show = (what) => what === "store" || what === "disk"
        ? bytes : number;
    return html`<dl class="facts">
        ${(status.filling ?? []).map(({ what, used, limit: of }) => html`
            <dt key=${what}>${rooms[what] ?? what}</dt><dd><${Room}
                used=${used} of=${of} words=${`${show(what)(used)} of ${
                show(what)(of)}`}/></dd>`)}
        <dt>Free on disk</dt><dd>${bytes(status.disk_free_bytes)}</dd>
        <dt>Format</dt><dd>${data?.format
            ?? (trouble ? trouble.message : "–")}</dd>
        <dt>Events kept</dt><dd>${number(store.events)}</dd>
        <dt>Commits</dt><dd>${number(store.commits)}, of ${
            number(store.operations)} operations</dd>
        <dt>Epoch</dt><dd>${store.epoch}</dd>
    </dl>`;
}

const shown = (value, unit) => !known(value) ? "–"
    : unit === "bytes" ? bytes(value) : unit === "ms" ? span(value)
    : number(value);

function SetQuota({ close, quota }) {
    const [value, setValue] = useState("");
    const send = async () => {
        await act(value.trim() === "" ? "quota/remove" : "quota",
            { name: quota.name, value: value.trim() });
        changedSomething();
        return `${quota.name} is changed.`;
    };
    return html`<${Ask} title=${quota.name} verb="Save" close=${close}
        send=${send}>
        <p class="muted">${quota.about}</p>
        <p>It is ${quota.value ?? limit(quota)} now.</p>
        <${Field} label="From now on" value=${value} hint="As in the
            configuration (1000, 10k, 5m, 2g). Empty: what the configuration
            says." onInput=${(event) => setValue(event.target.value)}/>
    <//>`;
}

const limit = (one) => one.limit === 0 ? "none" : shown(one.limit, one.unit);

const quotaColumns = (open) => [
    { name: "Quota", cell: (one) => html`<code title=${one.about}>${
        one.name}</code>` },
    { name: "Used", aside: true, cell: (one) => known(one.used) && one.limit
        ? html`<${Room} used=${one.used} of=${one.limit}
            words=${shown(one.used, one.unit)}/>`
        : html`<span class="muted">${shown(one.used, one.unit)}</span>` },
    { name: "Limit", kind: "number", cell: limit },
    { name: "From", aside: true, cell: (one) => ({ store: "an operator",
        configuration: "the configuration", default: "the program"
    })[one.from] ?? one.from },
    { name: "What to do", hidden: true, kind: "number", cell: (one) =>
        html`<${Act} kind="small" aria-label=${`Change ${one.name}`}
            onClick=${() => open(one)}>Change<//>` },
];

const text = (value) => [value].flat().join(", ");

const optionColumns = [
    { name: "Option", cell: (one) => html`<code>${one.name}</code>` },
    { name: "Value", kind: "long", cell: (one) => html`<span class="cut"
        title=${text(one.value)}>${one.from === "default"
            ? html`<span class="muted">${text(one.value)}</span>`
            : html`<strong>${text(one.value)}</strong>`}</span>` },
    { name: "What it is", kind: "url", aside: true, cell: (one) => html`<span
        class="cut" title=${one.about}>${one.about}</span>` },
    { name: "Changes", aside: true, cell: (one) =>
        html`<span
        class="nowrap">${one.live ? "at once" : "with a restart"}</span>` },
];

function Options() {
    const list = useList("options", "options", {}, 0);
    const [wanted, setWanted] = useState("");
    const items = list.items?.filter((one) => [one.name, text(one.value),
        one.about ?? ""].some((it) => it.includes(wanted.trim())));
    return html`<div class="head"><div><h2>Options</h2></div>
            <div class="acts"><${Act} onClick=${() => now(async () => {
                const { changed, restart, problem } = await act("reload", {});
                changedSomething();
                if (problem)
                    throw new Error(problem);
                return `Read again: ${changed.length} options changed${
                    restart.length ? `; a restart is needed for ${
                        restart.join(", ")}` : ""}.`;
            })}>Read the configuration again<//></div></div>
        <div class="filters"><label class="wide-field"><span>Find an option
            </span><input type="search" data-search value=${wanted}
            onInput=${(event) => setWanted(event.target.value)}/></label></div>
        <${Table} label="Options" list=${{ ...list, items: items ?? null,
            next: null }} columns=${optionColumns}
            keyOf=${(one) => one.name} empty=${html`<strong>No option is like
                that</strong>`}/>`;
}

export function Hub() {
    const { status } = useLive();
    const quotas = useList("quotas", "quotas", {});
    const [quota, setQuota] = useState(null);
    return html`<${Page} title="Hub">
        <div class="columns">
            <${Panel} title="Process">${status
                ? html`<${Process} status=${status}/>`
                : html`<${Ghosts} lines=${8}/>`}<//>
            <${Panel} title="Store">${status
                ? html`<${Store} status=${status}/>`
                : html`<${Ghosts} lines=${6}/>`}<//>
        </div>
        <h2>Quotas</h2>
        <${Table} label="Quotas" list=${quotas} rows=${6}
            columns=${quotaColumns(setQuota)} keyOf=${(one) => one.name}
            empty=${html`<strong>No quotas</strong>`}/>
        <${Options}/>
        ${quota && html`<${SetQuota} quota=${quota} close=${() =>
            setQuota(null)}/>`}
    <//>`;
}
