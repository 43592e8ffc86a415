// The way of one update, from the ping to the last who got it.
import { useAsk } from "../asking.js";
import { useState } from "../lib/hooks.js";
import { Act, Ghosts, isAway, Page, Panel, Wrong } from "../parts.js";
import { Address, bytes, html, known, link, number, span, State, When, Who }
    from "../ui.js";
import { Resend } from "./ask_subscription.js";

const steps = [
    ["ping_to_fetch", "Ping until fetch", "pinged", "fetch_began"],
    ["fetch", "Fetch", "fetch_began", "fetched"],
    ["store", "Read and stored", "fetched", "stored"],
    ["first_delivery", "First delivery", "stored", "first_delivered"],
    ["last_delivery", "Last so far", "stored", "last_delivered"],
];

// Where on the way a step lies, in shares of the whole.
function place(trace, from, to) {
    const moments = steps.flatMap(([, , a, b]) => [trace[a], trace[b]])
        .filter((at) => at);
    const begin = Math.min(...moments), whole = Math.max(...moments) - begin;
    if (!trace[from] || !trace[to] || whole <= 0)
        return null;
    return { left: `${(trace[from] - begin) / whole * 100}%`,
        width: `${Math.max(0, trace[to] - trace[from]) / whole * 100}%` };
}

const Way = ({ trace }) => html`<ol class="path">${steps.map(
    ([name, words, from, to]) => {
        const ms = trace.phases_ms?.[name], where = place(trace, from, to);
        return html`<li key=${name}><span>${words}</span>
            <span class="number">${known(ms) ? span(ms)
                : html`<span class="muted">${trace[to] ? "–" : "not yet"}
                </span>`}</span>
            <span class="track">${where && html`<i style=${where}></i>`}
            </span></li>`;
    })}</ol>`;

function Numbers({ trace }) {
    const { deliveries = {}, lagging } = trace;
    const owed = deliveries.owed ?? 0, done = deliveries.delivered ?? 0;
    return html`<dl class="facts">
        <dt>Delivered</dt><dd>${number(done)} of ${number(owed)}
            ${owed > 0 && html`<div class="bar ${
                lagging?.length ? "warn" : ""}"><i style=${{ width:
                `${Math.min(100, done / owed * 100)}%` }}></i></div>`}</dd>
        <dt>Attempts that failed</dt><dd>${
            number(deliveries.failed_attempts)}</dd>
        <dt>Lagging</dt><dd>${number(deliveries.lagging)}</dd>
        <dt>Pulls released</dt><dd>${number(trace.pulls_released)}</dd>
        <dt>Stored</dt><dd><${When} at=${trace.stored}/></dd>
        <dt>Size</dt><dd>${bytes(trace.bytes)}${
            trace.kind && ` (${trace.kind})`}</dd>
    </dl>`;
}

const Lagging = ({ topic, list }) => html`<div class="scroll" role="region"
    tabindex="0" aria-label="Who lags"><table>
    <caption class="unseen">Who has not got it yet</caption>
    <thead><tr><th scope="col">Host</th><th scope="col">State</th>
        <th scope="col">Last outcome</th><th scope="col"
        class="aside-column">Next try</th></tr></thead>
    <tbody>${list.map((one) => html`<tr key=${one.id}>
        <td><a class="whole" href=${link("subscription", { topic,
            id: one.id })}><${Who} one=${one}/></a></td>
        <td><${State} state=${one.state}/></td>
        <td class="long"><span class="cut" title=${one.last_outcome}>${
            one.last_outcome ?? "not tried yet"}</span></td>
        <td class="aside-column"><${When} at=${one.due} next none="–"/></td>
    </tr>`)}</tbody></table></div>`;

export function Update({ params }) {
    const { topic = "", seq = "" } = params;
    const { data: trace, trouble, again } = useAsk("trace", { topic, seq });
    const [asking, setAsking] = useState(false);
    const number_ = trace?.seq ?? (seq || "newest");
    return html`<${Page} title=${`Update #${number_}`}
            lead=${html`<a href=${link("topic", { url: topic })}>
                <${Address} url=${topic} whole/></a>`}
            acts=${trace && html`
                ${trace.seq > 1 && html`<a class="button" href=${link("update",
                    { topic, seq: trace.seq - 1 })}>Earlier</a>`}
                <a class="button" href=${link("update",
                    { topic, seq: trace.seq + 1 })}>Later</a>
                <${Act} onClick=${() => setAsking(true)}>Send again<//>`}>
        <${Wrong} trouble=${trouble} again=${again}/>
        ${trace && trace.since_start === false && html`<div class="notice"><p>
            It is older than this run of the hub: only what the store knows of
            it is shown.</p></div>`}
        ${(trace || !trouble || isAway(trouble)) && html`<div class="columns">
            <${Panel} title="Its way">${trace ? html`<${Way} trace=${trace}/>`
                : html`<${Ghosts} lines=${5}/>`}<//>
            <${Panel} title="How far it is">${trace
                ? html`<${Numbers} trace=${trace}/>`
                : html`<${Ghosts} lines=${6}/>`}<//>
        </div>`}
        ${trace?.lagging?.length > 0 && html`<${Panel} bare
            title="Who has not got it yet"><${Lagging} topic=${topic}
            list=${trace.lagging}/><//>`}
        ${asking && html`<${Resend} close=${() => setAsking(false)}
            topic=${topic} count=${number(trace.deliveries?.owed)}/>`}
    <//>`;
}
