// Who has not what there is, and which origins are to blame.
import { act } from "../api.js";
import { changedSomething, useList } from "../asking.js";
import { Act, now, Page, Table } from "../parts.js";
import { Address, html, known, link, number, Tag, When, Who }
    from "../ui.js";
import { Tabs } from "./search.js";

const sets = [["", "All"], ["lagging", "Tried again"],
    ["waiting", "Waiting for their origin"], ["stopped", "Given up"],
    ["paused", "Paused"]];

const owed = (one) => !one.owed ? "–"
    : known(one.owed.to) ? number(one.owed.to - one.owed.from + 1) : "1+";

const columns = [
    { name: "Host", cell: (one) => html`<a class="whole" href=${
        link("subscription", { topic: one.topic, id: one.id })}><${Who}
        one=${one}/></a>` },
    { name: "Last outcome", kind: "long", cell: (one) => html`<span
        class="cut" title=${one.last_outcome}>${one.last_outcome
            ?? "not tried yet"}</span>` },
    { name: "Topic", kind: "url", aside: true, cell: (one) =>
        html`<${Address} url=${one.topic}/>` },
    { name: "Owed", kind: "number", aside: true, cell: owed },
    { name: "Tries", kind: "number", aside: true, cell: (one) =>
        number(one.attempts) },
    { name: "Failing since", aside: true, cell: (one) => html`<${When}
        at=${one.failing_since} none="–"/>` },
    { name: "Next try", cell: (one) => html`<${When} at=${one.due} next
        none=${one.paused ? "paused" : one.waits ? "with its origin"
            : "next update"}/>` },
];

const steer = (origin, verb) => now(async () => {
    await act(verb, { origin });
    changedSomething();
    return verb === "pause" ? `Nothing is sent to ${origin}.`
        : `Deliveries to ${origin} go on.`;
});

const originState = (one) => one.paused
    ? html`<${Tag} look="off">paused<//>`
    : one.failing_since ? html`<${Tag} look="bad">does not answer<//>`
        : html`<${Tag} look="warn">busy<//>`;

const origins = [
    { name: "Origin", kind: "url", cell: (one) => html`<${Address}
        url=${one.origin}/>` },
    { name: "State", cell: originState },
    { name: "Last outcome", kind: "long", aside: true, cell: (one) => html`
        <span class="cut" title=${one.last_outcome ?? ""}>${
            one.last_outcome ?? "–"}</span>` },
    { name: "Waiting", kind: "number", cell: (one) =>
        `${number(one.waiting)}${one.counted === false ? "+" : ""}` },
    { name: "Since", aside: true, cell: (one) => html`<${When}
        at=${one.failing_since} none="–"/>` },
    { name: "Next look", aside: true, cell: (one) => html`<${When}
        at=${one.due} next none="–"/>` },
    { name: "What to do", hidden: true, kind: "number", cell: (one) =>
        one.paused || one.failing_since
            ? html`<${Act} kind="small" aria-label=${`${one.paused
                ? "Resume" : "Try now:"} ${one.origin}`} onClick=${() =>
                steer(one.origin, "resume")}>${one.paused ? "Resume"
                : "Try now"}<//>`
            : html`<${Act} kind="small" aria-label=${`Pause ${one.origin}`}
                onClick=${() => steer(one.origin, "pause")}>Pause<//>` },
];

export function Deliveries({ params }) {
    const { set = "" } = params;
    const list = useList("deliveries", "deliveries",
        { [set || "all"]: set ? "yes" : "", limit: 100 });
    const lanes = useList("origins", "origins", { limit: 50 });
    const totals = list.data?.totals;
    return html`<${Page} title="Deliveries" lead=${totals
            ? `${number(totals.lagging)} subscribers lag, ${
                number(totals.waiting)} of them wait for their origin.`
            : " "}>
        <div class="filters"><${Tabs} view="deliveries" params=${params}
            name="set" options=${sets} label="Which"/></div>
        <${Table} label="Subscribers that lag" list=${list}
            columns=${columns} keyOf=${(one) => `${one.topic_id}.${one.id}`}
            empty=${html`<strong>Nobody lags</strong><span>${set
                ? "At least not in this way."
                : "Every subscriber has what there is."}</span>`}/>
        <h2>Origins in trouble</h2>
        <${Table} label="Origins in trouble" list=${lanes} rows=${3}
            columns=${origins} keyOf=${(one) => one.origin}
            empty=${html`<strong>None</strong><span>An origin that does not
                answer, or is paused, shows here with all that waits for
                it.</span>`}/>
    <//>`;
}
