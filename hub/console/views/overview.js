// Is all well, and what is happening right now?
import { act } from "../api.js";
import { changedSomething, useAsk } from "../asking.js";
import { Chart } from "../chart.js";
import { latest, useLive } from "../live.js";
import { Act, Ghosts, isAway, now, Page, Panel, Wrong } from "../parts.js";
import { bytes, html, known, link, number, rate, Updated, When, Who }
    from "../ui.js";

const Figure = ({ name, value, aside, href }) => html`<a class="figure"
    href=${href}><div class="name">${name}</div>
    <div class="value">${value}</div><div class="aside">${aside}</div></a>`;

function Figures() {
    const { status } = useLive();
    const { store, pulls, origins, network } = status ?? {};
    const one = latest();
    return html`<div class="figures">
        <${Figure} name="Topics" href=${link("topics")}
            value=${number(store?.topics)}
            aside=${`${rate(one.updates)} updates/s`}/>
        <${Figure} name="Subscriptions" href=${link("subscriptions")}
            value=${number(store?.subscriptions)}
            aside=${known(store?.requests)
                ? `${number(store.requests)} being verified` : ""}/>
        <${Figure} name="Deliveries a second" href=${link("deliveries")}
            value=${rate(one.delivered)}
            aside=${`${number(network?.in_flight?.deliver)} under way`}/>
        <${Figure} name="Lagging" href=${link("deliveries")}
            value=${number(store?.lagging)}
            aside=${known(store?.waiting)
                ? `${number(store.waiting)} wait for their origin` : ""}/>
        <${Figure} name="Held pulls" href=${link("hub")}
            value=${number(pulls?.held)}
            aside=${`${rate(one.woken)} woken/s`}/>
        <${Figure} name="Origins in trouble" href=${link("deliveries")}
            value=${number(known(origins?.open)
                ? origins.open + origins.probing : null)}
            aside=${known(origins?.paused)
                ? `${number(origins.paused)} paused` : ""}/>
    </div>`;
}

const wholesale = (paused) => now(async () => {
    await act(paused ? "pause" : "resume", { all: "yes" });
    changedSomething();
    return paused ? "All deliveries are paused; updates are kept."
        : "Deliveries go on.";
});

const words = { store: "The store", disk: "The disk", topics: "Topics",
    subscriptions: "Subscriptions", mailboxes: "Mailboxes" };
const amount = (what, value) => what === "store" || what === "disk"
    ? bytes(value) : number(value);

// What somebody should look at, worst first.
function worries(status) {
    const { origins, filling, ready, unready } = status;
    const found = [];
    if (ready === false)
        found.push(["bad", `The hub is not ready: ${unready}.`, "hub"]);
    for (const { what, used, limit, ratio, level } of filling ?? [])
        if (level !== "no")
            found.push([ratio > 0.9 ? "bad" : "warn", `${words[what] ?? what
            }: ${Math.round(ratio * 100)} % of the room is used (${
                amount(what, used)} of ${amount(what, limit)}).`, "hub"]);
    if (origins.open + origins.probing > 0)
        found.push(["warn", `${number(origins.open + origins.probing)
        } origins do not answer; deliveries to them wait.`, "deliveries"]);
    return found;
}

function Worries() {
    const { status } = useLive();
    if (!status)
        return null;
    const found = worries(status);
    return html`${status.halted && html`<div class="notice warn"><p><strong>
            All deliveries are paused.</strong> Updates are kept and go out
            when they are resumed.</p>
            <${Act} kind="main-act" onClick=${() => wholesale(false)}>Resume
            deliveries<//></div>`}
        ${found.map(([look, text, view]) => html`<div key=${text}
            class="notice ${look}"><p>${text}</p><a href=${link(view)}>Look
            </a></div>`)}`;
}

function Newest() {
    const { data, trouble, again } = useAsk("traces", { limit: 8 });
    const list = data?.traces;
    return html`<${Panel} title="Newest updates" bare
        acts=${html`<a href=${link("updates")}>All</a>`}>
        ${!list && trouble && !isAway(trouble)
        ? html`<div class="inside"><${Wrong} trouble=${trouble}
            again=${again}/></div>`
        : !list ? html`<${Ghosts} lines=${8}/>`
        : list.length === 0 ? html`<div class="empty"><strong>No update yet
            </strong><span>They show here as soon as a topic changes.</span>
            </div>`
        : html`<table class="slim">
            <caption class="unseen">Newest updates</caption>
            <colgroup><col/><col class="narrow"/></colgroup>
            <thead class="unseen"><tr><th scope="col">Topic</th>
                <th scope="col">Stored</th></tr></thead>
            <tbody>${list.slice(0, 8).map((one) => html`<tr
                key=${`${one.topic_id}.${one.seq}`}>
                <td class="url"><${Updated} one=${one}/></td>
                <td class="number nowrap"><${When} at=${one.stored}/></td>
                </tr>`)}
            </tbody></table>`}<//>`;
}

function Failing() {
    const { data, trouble, again } = useAsk("deliveries", { limit: 8 });
    const list = data?.deliveries;
    return html`<${Panel} title="Who lags" bare
        acts=${html`<a href=${link("deliveries")}>All</a>`}>
        ${!list && trouble && !isAway(trouble)
        ? html`<div class="inside"><${Wrong} trouble=${trouble}
            again=${again}/></div>`
        : !list ? html`<${Ghosts} lines=${8}/>`
        : list.length === 0 ? html`<div class="empty"><strong>Nobody</strong>
            <span>Every subscriber has what there is.</span></div>`
        : html`<table class="slim"><caption class="unseen">Who lags</caption>
            <colgroup><col/><col class="most"/></colgroup>
            <thead class="unseen"><tr><th scope="col">Host</th>
                <th scope="col">Last outcome</th></tr></thead>
            <tbody>${list.slice(0, 8).map((one) => html`<tr
                key=${`${one.topic_id}.${one.id}`}>
                <td class="url"><a class="whole" href=${link("subscription",
                    { topic: one.topic, id: one.id })}><${Who}
                    one=${one}/></a></td>
                <td class="long"><span class="cut muted" title=${
                    one.last_outcome}>${one.last_outcome
                    ?? "not tried yet"}</span></td></tr>`)}
            </tbody></table>`}<//>`;
}

const took = (what) => [
    { of: `${what}Half`, look: "one", name: "half within", gaps: true },
    { of: `${what}Most`, look: "two", name: "99 % within", gaps: true },
];

export function Overview({ openPing }) {
    const { status } = useLive();
    return html`<${Page} title="Overview" acts=${html`
            <${Act} onClick=${openPing}>Ping a topic<//>
            ${status && !status.halted && html`<${Act}
                onClick=${() => wholesale(true)}>Pause all deliveries<//>`}`}>
        <${Worries}/>
        <${Figures}/>
        <div class="charts">
            <${Chart} title="Deliveries" unit="a second" format=${rate}
                series=${[{ of: "delivered", look: "one", name: "delivered" },
                    { of: "failed", look: "two", name: "failed" }]}/>
            <${Chart} title="Publishing" unit="a second" format=${rate}
                series=${[{ of: "pings", look: "one", name: "pings" },
                    { of: "fetches", look: "three", name: "fetches" },
                    { of: "updates", look: "two", name: "updates" }]}/>
            <${Chart} title="Lagging subscribers" unit="right now" least=${4}
                format=${number} series=${[{ of: "lagging", look: "two",
                    name: "lagging" }]}/>
            <${Chart} title="From ping to delivery" unit="milliseconds"
                format=${number} least=${10} series=${took("delivery")}/>
            <${Chart} title="Held pulls" unit="right now" least=${4}
                format=${number} series=${[{ of: "held", look: "three",
                    name: "held" }]}/>
            <${Chart} title="From ping to pull" unit="milliseconds"
                format=${number} least=${10} series=${took("release")}/>
        </div>
        <div class="columns"><${Newest}/><${Failing}/></div>
    <//>`;
}
