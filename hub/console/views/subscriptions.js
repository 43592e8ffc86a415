import { useList } from "../asking.js";
import { useState } from "../lib/hooks.js";
import { Act, Page, Table } from "../parts.js";
import { Address, html, link, State, When, Who } from "../ui.js";
import { Subscribe } from "./ask_subscription.js";
import { Search, Tabs } from "./search.js";

const states = [["", "All"], ["active", "Up to date"],
    ["lagging", "Lagging"], ["waiting", "Waiting"], ["stopped", "Given up"],
    ["suspended", "Suspended"], ["paused", "Paused"]];

const columns = [
    { name: "Host", cell: (one) => html`<a class="whole" href=${
        link("subscription", { topic: one.topic, id: one.id })}><${Who}
        one=${one}/></a>` },
    { name: "Topic", kind: "url", cell: (one) =>
        html`<${Address} url=${one.topic}/>` },
    { name: "State", cell: (one) => html`<${State} state=${one.state}/>` },
    { name: "Last outcome", kind: "long", aside: true, cell: (one) => html`
        <span class="cut muted" title=${one.last_outcome}>${
            one.last_outcome ?? "–"}</span>` },
    { name: "Signed", aside: true, cell: (one) =>
        one.signed ? one.method : "no" },
    { name: "Lease ends", aside: true, cell: (one) => html`<${When}
        at=${one.lease_end}/>` },
];

export function Subscriptions({ params }) {
    const [asking, setAsking] = useState(false);
    const { topic = "", callback = "", host = "", state = "" } = params;
    const list = useList("subscriptions", "subscriptions",
        { topic, callback, host, state, limit: 100 });
    const empty = topic || callback || host || state
        ? html`<strong>No subscription is like that</strong>`
        : html`<strong>No subscriptions yet</strong><span>Subscribers come by
            themselves, or you subscribe one.</span>`;
    const search = { view: "subscriptions", params };
    return html`<${Page} title="Subscriptions" acts=${html`<${Act}
            kind="main-act" onClick=${() => setAsking(true)}>Subscribe a
            callback<//>`}>
        <div class="filters">
            <${Search} ...${search} name="topic" label="Topic"
                placeholder="https://example.com/feed"/>
            <${Search} ...${search} name="callback" label="Callback"
                first=${false} placeholder="https://reader.example/callback"/>
            <${Search} ...${search} name="host" label="Host of the callback"
                first=${false} placeholder="reader.example"/>
            <${Tabs} ...${search} name="state" options=${states}
                label="State"/>
        </div>
        <${Table} label="Subscriptions" list=${list} columns=${columns}
            keyOf=${(one) => `${one.topic_id}.${one.id}`} empty=${empty}/>
        ${asking && html`<${Subscribe} topic=${topic}
            close=${() => setAsking(false)}/>`}
    <//>`;
}
