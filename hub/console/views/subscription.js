import { act } from "../api.js";
import { changedSomething, useAsk } from "../asking.js";
import { useState } from "../lib/hooks.js";
import { Act, Ghosts, isAway, now, Page, Panel, Wrong } from "../parts.js";
import { Address, html, known, link, number, span, State, When }
    from "../ui.js";
import { Extend, Remove, Resend } from "./ask_subscription.js";

function Facts({ one }) {
    return html`<dl class="facts">
        <dt>State</dt><dd><${State} state=${one.state}/></dd>
        <dt>Topic</dt><dd><a href=${link("topic", { url: one.topic })}>${
            one.topic}</a></dd>
        <dt>Callback</dt><dd>${one.callback ?? html`${one.origin ?? one.host}
            ${" "}<span class="muted">${one.callback_hash}</span>`}</dd>
        <dt>Lease ends</dt><dd><${When} at=${one.lease_end}/></dd>
        <dt>Signed</dt><dd>${one.signed ? `with ${one.method}` : "no"}</dd>
        <dt>Number</dt><dd>${one.id}</dd>
    </dl>`;
}

const owedWords = ({ owed }) => !owed ? "nothing"
    : known(owed.to) && owed.to > owed.from
        ? `updates #${number(owed.from)} to #${number(owed.to)}`
        : `update #${number(owed.from)}`;

function Delivery({ one }) {
    return html`<dl class="facts">
        <dt>Is owed</dt><dd>${owedWords(one)}</dd>
        <dt>Tried</dt><dd>${one.attempts === 0 ? "not yet"
            : `${number(one.attempts)} times`}</dd>
        <dt>Failing since</dt><dd><${When} at=${one.failing_since}
            none="it does not fail"/></dd>
        <dt>Next try</dt><dd><${When} at=${one.due} next none=${
            one.paused ? "not while it is paused"
            : one.waits ? "when its origin answers again"
            : one.state === "stopped" ? "with the next update"
            : "none is needed"}/></dd>
        <dt>Last outcome</dt><dd>${one.last_outcome ?? "nothing to tell"}</dd>
    </dl>`;
}

const Attempts = ({ list }) => html`<div class="scroll" role="region"
    tabindex="0" aria-label="Attempts"><table>
    <caption class="unseen">Attempts that came to nothing</caption>
    <thead><tr><th scope="col">When</th><th scope="col">Outcome</th>
        <th scope="col" class="number">Took</th></tr></thead>
    <tbody>${list.map((one, i) => html`<tr key=${i}>
        <td><${When} at=${one.at}/></td><td>${one.outcome}</td>
        <td class="number">${span(one.latency_ms)}</td></tr>`)}</tbody>
    </table></div>`;

export function Subscription({ params }) {
    const { topic = "", id = "" } = params;
    const { data, trouble, again } = useAsk("subscriptions",
        { topic, callback: id });
    const [dialog, setDialog] = useState("");
    const close = () => setDialog("");
    const waiting = !trouble || isAway(trouble);
    const one = data?.subscriptions?.find((it) => String(it.id) === id);
    const pause = (verb, words) => now(async () => {
        await act(verb, { topic, callback: id });
        changedSomething();
        return words;
    });
    const acts = one && html`
        ${one.paused ? html`<${Act} kind="main-act" onClick=${() =>
            pause("resume", "Deliveries to it go on.")}>Resume<//>`
        : html`<${Act} onClick=${() =>
            pause("pause", "Nothing is sent to it; updates are kept.")}>Pause
            <//>`}
        <${Act} onClick=${() => setDialog("resend")}>Send again<//>
        <${Act} onClick=${() => setDialog("extend")}>Extend<//>
        <${Act} kind="danger" onClick=${() => setDialog("remove")}>Remove<//>`;
    return html`<${Page} title=${one ? one.host : `Subscription ${id}`}
            acts=${acts}
            lead=${html`<${Address} url=${topic}/>`}>
        <${Wrong} trouble=${trouble} again=${again}/>
        ${data && !one ? html`<div class="panel"><div class="empty"><strong>It
            is not there any more</strong><span>It has ended, or was removed.
            </span><a href=${link("subscriptions", { topic })}>Subscriptions of
            this topic</a></div></div>`
        : html`<div class="columns">
            <${Panel} title="Subscription">${one
                ? html`<${Facts} one=${one}/>`
                : waiting && html`<${Ghosts} lines=${6}/>`}<//>
            <${Panel} title="Deliveries">${one
                ? html`<${Delivery} one=${one}/>`
                : waiting && html`<${Ghosts} lines=${6}/>`}<//>
        </div>
        ${one?.last?.length > 0 && html`<${Panel} bare
            title="What came to nothing, the newest first">
            <${Attempts} list=${one.last}/><//>`}`}
        ${dialog === "resend" && html`<${Resend} close=${close}
            topic=${topic} id=${id}/>`}
        ${dialog === "extend" && html`<${Extend} close=${close}
            subscription=${one}/>`}
        ${dialog === "remove" && html`<${Remove} close=${close}
            subscription=${one}/>`}
    <//>`;
}
