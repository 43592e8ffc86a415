import { act } from "../api.js";
import { changedSomething } from "../asking.js";
import { useState } from "../lib/hooks.js";
import { Ask, Field } from "../parts.js";
import { html, link, When } from "../ui.js";

export function Subscribe({ close, topic = "" }) {
    const [values, setValues] = useState({ topic, callback: "", lease: "",
        secret: "", verify: "yes" });
    const set = (name) => (event) => {
        const { value } = event.target;
        setValues((was) => ({ ...was, [name]: value }));
    };
    const send = async () => {
        const answer = await act("subscription/add", {
            ...values, topic: values.topic.trim(),
            callback: values.callback.trim(), lease: values.lease.trim() });
        changedSomething();
        if (values.verify === "yes")
            return "Asked: the callback is being asked whether it agrees.";
        location.hash = link("subscriptions", { topic: values.topic.trim() });
        return answer.renewed ? "Renewed." : "Subscribed.";
    };
    return html`<${Ask} title="Subscribe a callback" verb="Subscribe"
        close=${close} send=${send}
        ready=${values.topic.trim() !== "" && values.callback.trim() !== ""}>
        <${Field} label="Topic" value=${values.topic} inputmode="url" required
            placeholder="https://example.com/feed" onInput=${set("topic")}/>
        <${Field} label="Callback" value=${values.callback} inputmode="url"
            required placeholder="https://reader.example/callback"
            onInput=${set("callback")}/>
        <${Field} label="Secret" value=${values.secret} type="password"
            maxlength="199" autocomplete="new-password"
            hint="Deliveries are signed with it; may be empty."
            onInput=${set("secret")}/>
        <${Field} label="For how long" value=${values.lease}
            placeholder="as usual" hint="10d, 12h, or seconds."
            onInput=${set("lease")}/>
        <div class="sheet" role="radiogroup" aria-label="Verification">
            <label class="check"><input type="radio" name="verify" value="yes"
                checked=${values.verify === "yes"} onChange=${set("verify")}/>
                <span>Ask the callback whether it agrees</span></label>
            <label class="check"><input type="radio" name="verify" value="no"
                checked=${values.verify === "no"} onChange=${set("verify")}/>
                <span>Do not ask: I know that it does</span></label>
        </div>
    <//>`;
}

export function Extend({ close, subscription }) {
    const [lease, setLease] = useState("10d");
    const send = async () => {
        await act("subscription/extend", { topic: subscription.topic,
            callback: subscription.id, lease: lease.trim() });
        changedSomething();
        return "Extended.";
    };
    return html`<${Ask} title="Extend this subscription" verb="Extend"
        close=${close} send=${send} ready=${lease.trim() !== ""}>
        <p class="muted">It ends <${When} at=${subscription.lease_end}/>.</p>
        <${Field} label="From now on for" value=${lease}
            hint="10d, 12h, or seconds."
            onInput=${(event) => setLease(event.target.value)}/>
    <//>`;
}

export function Remove({ close, subscription }) {
    const send = async () => {
        await act("remove", { topic: subscription.topic,
            callback: subscription.id });
        changedSomething();
        history.back();
        return "Removed; the callback is told.";
    };
    return html`<${Ask} title="Remove this subscription?" verb="Remove" danger
        close=${close} send=${send}>
        <p>${subscription.host} gets no more updates of this topic, and is
            told that its subscription was ended.</p><//>`;
}

export function Resend({ close, topic, id, count }) {
    const [since, setSince] = useState("");
    const send = async () => {
        const at = since ? new Date(since).getTime() : null;
        let set = 0, after = null;
        do {
            const answer = await act("resend", { topic, callback: id,
                since: at, after });
            set += answer.set;
            after = answer.next;
        } while (after);
        changedSomething();
        return set === 1 ? "One subscriber gets it again."
            : `${set} subscribers get it again.`;
    };
    return html`<${Ask} title="Send again" verb="Send again" close=${close}
        send=${send}>
        <p class="muted">${id ? "This subscriber gets"
            : `All ${count} subscribers get`} the newest update once more, or
            everything since a moment.</p>
        <${Field} label="Since" type="datetime-local" value=${since}
            hint="Empty: only the newest update."
            onInput=${(event) => setSince(event.target.value)}/>
    <//>`;
}
