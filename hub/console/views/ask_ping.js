import { act } from "../api.js";
import { changedSomething } from "../asking.js";
import { useState } from "../lib/hooks.js";
import { Ask, Field } from "../parts.js";
import { html, number } from "../ui.js";

export const ping = async (topic) => {
    const { known } = await act("ping", { topic });
    changedSomething();
    return known === 1 ? "Pinged: it is fetched now."
        : `Pinged: ${number(known)} topics are fetched now.`;
};

export function Ping({ close, topic = "" }) {
    const [url, setUrl] = useState(topic);
    return html`<${Ask} title="Ping a topic" verb="Ping" close=${close}
        ready=${url.trim() !== ""} send=${() => ping(url.trim())}>
        <${Field} label="Topic" value=${url} inputmode="url" required
            placeholder="https://example.com/feed"
            hint="With * at the end: all topics that begin so. The hub fetches
                them now, as if their publishers had told it to."
            onInput=${(event) => setUrl(event.target.value)}/>
    <//>`;
}
