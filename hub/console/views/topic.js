import { useAsk, useList } from "../asking.js";
import { useState } from "../lib/hooks.js";
import { Act, Ghosts, isAway, now, Page, Panel, Table, Wrong }
    from "../parts.js";
import { Address, bytes, html, link, number, State, When, Who }
    from "../ui.js";
import { ping } from "./ask_ping.js";
import { Resend, Subscribe } from "./ask_subscription.js";
import { ChangeTopic, RemoveTopic } from "./ask_topic.js";
import { pollWords, TopicState } from "./topics.js";

const contents = { default: "as usual", full: "the whole document",
    entries: "new entries together", each: "each new entry by itself" };

const columns = [
    { name: "Subscriber", kind: "url", cell: (one) => html`<a class="whole"
        href=${link("subscription", { topic: one.topic, id: one.id })}>
        <${Who} one=${one}/></a>` },
    { name: "State", cell: (one) => html`<${State} state=${one.state}/>` },
    { name: "Last outcome", kind: "long", aside: true, cell: (one) => html`
        <span class="cut muted" title=${one.last_outcome}>${
            one.last_outcome ?? "–"}</span>` },
    { name: "Lease ends", cell: (one) => html`<${When}
        at=${one.lease_end}/>` },
];

function Facts({ facts }) {
    const { record, newest, subscribers } = facts;
    return html`<dl class="facts">
        <dt>State</dt><dd><${TopicState} topic=${record}/></dd>
        <dt>Newest update</dt><dd>${newest
            ? html`<a href=${link("update", { topic: record.url,
                seq: newest.seq })}>#${number(newest.seq)}</a>${" "}
                <${When} at=${newest.time}/>, ${bytes(newest.size)} of ${
                newest.content_type}` : "none yet"}</dd>
        <dt>Subscribers</dt><dd>${number(record.subscriptions)}${
            subscribers.lagging > 0
            && `, ${number(subscribers.lagging)} of them lag`}</dd>
        <dt>Looked at</dt><dd><${When} at=${record.last_fetch}/>; next
            ${" "}<${When} at=${record.fetch_due} next none="when pinged"/>
            ${" "}(${pollWords(record)})</dd>
        <dt>Subscribers get</dt><dd>${contents[record.content]
            ?? record.content}</dd>
        <dt>Kept</dt><dd>${record.kept
            ? "yes: followed even when nobody has subscribed" : "no"}</dd>
        <dt>Names itself</dt><dd>${record.self
            ? html`<${Address} url=${record.self} whole/>` : "no"}</dd>
        <dt>Number</dt><dd>${record.id}</dd>
    </dl>`;
}

const Says = ({ says }) => html`<ul class="says">${says.map(
    ({ about, text }, i) => html`<li key=${i}><span>${
        says[i - 1]?.about === about ? "" : about}</span><span>${text}</span>
    </li>`)}</ul>`;

function Unknown({ url, open }) {
    return html`<div class="panel"><div class="empty"><strong>The hub does not
        know this topic</strong><span>Nobody has subscribed to it, and it has
        not been added.</span><div class="row">
        <${Act} onClick=${open}>Subscribe a callback<//></div></div></div>`;
}

export function Topic({ params }) {
    const { url = "" } = params;
    const { data, trouble, again } = useAsk("explain", { topic: url });
    const list = useList(data?.known ? "subscriptions" : null,
        "subscriptions", { topic: url, limit: 50 });
    const [dialog, setDialog] = useState("");
    const close = () => setDialog("");
    const waiting = !trouble || isAway(trouble);
    const record = data?.record;
    const acts = record && html`
        <${Act} kind="main-act" onClick=${() => now(() => ping(url))}>Ping<//>
        <${Act} onClick=${() => setDialog("resend")}>Send again<//>
        <${Act} onClick=${() => setDialog("subscribe")}>Subscribe<//>
        <${Act} onClick=${() => setDialog("change")}>Change<//>
        <${Act} kind="danger" onClick=${() => setDialog("remove")}>Remove<//>`;
    return html`<${Page} title=${url} acts=${acts}
            lead=${html`<a href=${link("topics")}>All topics</a>${
                /^https?:\/\//.test(url) && html` · <a href=${url}
                target="_blank" rel="noopener noreferrer">Open it</a>`}`}>
        <${Wrong} trouble=${trouble} again=${again}/>
        ${data && !data.known ? html`<${Unknown} url=${url}
            open=${() => setDialog("subscribe")}/>`
        : html`<div class="columns">
            <${Panel} title="What is known">${record
                ? html`<${Facts} facts=${data}/>`
                : waiting && html`<${Ghosts} lines=${8}/>`}<//>
            <${Panel} title="How it is">${data
                ? html`<${Says} says=${data.says}/>`
                : waiting && html`<${Ghosts} lines=${8}/>`}<//>
        </div>
        <h2>Subscribers</h2>
        <${Table} label="Subscribers of this topic" list=${list} rows=${4}
            columns=${columns} keyOf=${(one) => one.id}
            empty=${html`<strong>Nobody has subscribed</strong>`}/>`}
        ${dialog === "resend" && html`<${Resend} close=${close} topic=${url}
            count=${number(record.subscriptions)}/>`}
        ${dialog === "subscribe" && html`<${Subscribe} close=${close}
            topic=${url}/>`}
        ${dialog === "change" && html`<${ChangeTopic} close=${close}
            topic=${record}/>`}
        ${dialog === "remove" && html`<${RemoveTopic} close=${close}
            topic=${record}/>`}
    <//>`;
}
