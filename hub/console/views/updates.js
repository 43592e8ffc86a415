import { useList } from "../asking.js";
import { Page, Table } from "../parts.js";
import { html, number, span, Updated, When } from "../ui.js";

const took = (one) => one.first_delivered && one.stored
    ? span(Math.max(0, one.first_delivered - one.stored)) : "–";
const all = (one) => one.last_delivered && one.stored
    ? span(Math.max(0, one.last_delivered - one.stored)) : "–";

const columns = [
    { name: "Topic", kind: "url", cell: (one) => html`<${Updated}
        one=${one}/>` },
    { name: "Update", kind: "number", cell: (one) => `#${number(one.seq)}` },
    { name: "Stored", cell: (one) => html`<${When} at=${one.stored}/>` },
    { name: "First delivery after", kind: "number", aside: true, cell: took },
    { name: "Last so far after", kind: "number", aside: true, cell: all },
];

export function Updates() {
    const list = useList("traces", "traces", { limit: 100 });
    return html`<${Page} title="Updates"
            lead="The newest ones, and how far they have come.">
        <${Table} label="Newest updates" list=${{ ...list, next: list.next
            ?? null }} columns=${columns}
            keyOf=${(one) => `${one.topic_id}.${one.seq}`}
            empty=${html`<strong>No update yet</strong><span>They show here as
                soon as a topic changes.</span>`}/>
    <//>`;
}
