import { useList } from "../asking.js";
import { useState } from "../lib/hooks.js";
import { Act, Page, Table } from "../parts.js";
import { Address, html, link, number, span, Tag, When } from "../ui.js";
import { Search, Tabs } from "./search.js";
import { AddTopic } from "./ask_topic.js";

const states = [["", "All"], ["failing", "Failing"], ["due", "Due"],
    ["kept", "Kept"], ["unfollowed", "Not followed"]];

export function TopicState({ topic }) {
    if (topic.failures > 0)
        return html`<${Tag} look="bad">failed ${number(topic.failures)}×<//>`;
    if (!topic.last_fetch)
        return html`<${Tag} look="off">not fetched yet<//>`;
    if (topic.dirty)
        return html`<${Tag} look="warn">to be fetched<//>`;
    if (!topic.followed && !topic.kept)
        return html`<${Tag} look="off">not followed<//>`;
    return html`<${Tag} look="good">good<//>`;
}

export const pollWords = (topic) => topic.poll_every_ms > 0
    ? `every ${span(topic.poll_every_ms)}`
    : topic.poll_every_ms < 0 ? "never" : "as often as it changes";

const columns = [
    { name: "Topic", kind: "url", cell: (topic) => html`<a class="whole"
        href=${link("topic", { url: topic.url })}><${Address}
        url=${topic.url}/></a>` },
    { name: "State", cell: (topic) => html`<${TopicState} topic=${topic}/>` },
    { name: "Subscribers", kind: "number", cell: (topic) =>
        number(topic.subscriptions) },
    { name: "Newest", kind: "number", aside: true, cell: (topic) =>
        topic.head ? `#${number(topic.head)}` : "–" },
    { name: "Changed", aside: true, cell: (topic) =>
        html`<${When} at=${topic.last_update}/>` },
    { name: "Next look", aside: true, cell: (topic) =>
        html`<${When} at=${topic.fetch_due} next none="when pinged"/>` },
];

export function Topics({ params }) {
    const [adding, setAdding] = useState(false);
    const { prefix = "", state = "" } = params;
    const list = useList("topics", "topics", { prefix, state, limit: 100 });
    const found = prefix || state;
    const empty = found
        ? html`<strong>No topic is like that</strong><span>Topics are found by
            how their address begins, with http:// or https://.</span>`
        : html`<strong>No topics yet</strong><span>They come with the first
            subscription or pull, or you add one.</span>`;
    return html`<${Page} title="Topics" acts=${html`<${Act} kind="main-act"
            onClick=${() => setAdding(true)}>Add a topic<//>`}>
        <div class="filters">
            <${Search} view="topics" params=${params} name="prefix"
                label="Address begins with"
                placeholder="https://example.com/"/>
            <${Tabs} view="topics" params=${params} name="state"
                options=${states} label="State"/>
        </div>
        <${Table} label="Topics" list=${list} columns=${columns}
            keyOf=${(topic) => topic.id} empty=${empty}/>
        ${adding && html`<${AddTopic} close=${() => setAdding(false)}/>`}
    <//>`;
}
