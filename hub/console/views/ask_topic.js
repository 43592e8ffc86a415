import { act } from "../api.js";
import { changedSomething } from "../asking.js";
import { useState } from "../lib/hooks.js";
import { Ask, Choice, Field } from "../parts.js";
import { html, link } from "../ui.js";

const contents = [["default", "as the hub does it usually"],
    ["full", "the whole document"], ["entries", "new entries together"],
    ["each", "each new entry by itself"]];

export function AddTopic({ close }) {
    const [url, setUrl] = useState("");
    const [content, setContent] = useState("default");
    const [poll, setPoll] = useState("");
    const send = async () => {
        const topic = url.trim();
        const { new: fresh } = await act("topic/add", { topic,
            content: content === "default" ? "" : content,
            poll: poll.trim() });
        changedSomething();
        location.hash = link("topic", { url: topic });
        return fresh ? "Added: it is followed from now on."
            : "It was known already, and is kept from now on.";
    };
    return html`<${Ask} title="Add a topic" verb="Add" close=${close}
        ready=${url.trim() !== ""} send=${send}>
        <p class="muted">The hub follows it from now on, whether anybody has
            subscribed or not.</p>
        <${Field} label="Address of the feed or page" value=${url} required
            inputmode="url" placeholder="https://example.com/feed"
            onInput=${(event) => setUrl(event.target.value)}/>
        <${Field} label="Look at it every" value=${poll}
            placeholder="auto" hint="5m, 2h, 1d; auto: as often as it changes;
                never: only when it is pinged."
            onInput=${(event) => setPoll(event.target.value)}/>
        <${Choice} label="Subscribers get" value=${content} options=${contents}
            onChange=${(event) => setContent(event.target.value)}/>
    <//>`;
}

const written = (ms) => !ms ? "auto" : ms < 0 ? "never"
    : ms % 3600e3 === 0 ? `${ms / 3600e3}h` : ms % 60e3 === 0
        ? `${ms / 60e3}m` : `${Math.round(ms / 1000)}s`;

export function ChangeTopic({ close, topic }) {
    const [content, setContent] = useState(topic.content);
    const [poll, setPoll] = useState(written(topic.poll_every_ms));
    const [keep, setKeep] = useState(Boolean(topic.kept));
    const send = async () => {
        await act("topic", { topic: topic.url, content, poll: poll.trim(),
            keep: keep ? "yes" : "no" });
        changedSomething();
        return "Changed.";
    };
    return html`<${Ask} title="Change this topic" verb="Save" close=${close}
        send=${send}>
        <${Choice} label="Subscribers get" value=${content} options=${contents}
            onChange=${(event) => setContent(event.target.value)}/>
        <${Field} label="Look at it every" value=${poll}
            hint="5m, 2h, 1d; auto: as often as it changes; never: only when
                it is pinged."
            onInput=${(event) => setPoll(event.target.value)}/>
        <label class="check"><input type="checkbox" checked=${keep}
            onChange=${(event) => setKeep(event.target.checked)}/>
            <span>Follow it even when nobody has subscribed</span></label>
    <//>`;
}

export function RemoveTopic({ close, topic }) {
    const send = async () => {
        const { removed } = await act("topic/remove", { topic: topic.url });
        changedSomething();
        location.hash = link("topics");
        return `Removed, with ${removed?.subscriptions ?? 0} subscriptions.`;
    };
    return html`<${Ask} title="Remove this topic?" verb="Remove" danger
        close=${close} send=${send}>
        <p>${topic.subscriptions === 0 ? "Nobody subscribes to it."
            : topic.subscriptions === 1
                ? "Its one subscriber is told that it has ended."
                : `Its ${topic.subscriptions} subscribers are told that it has
                ended.`} The hub forgets the topic and its updates.</p>
        <p class="muted">It can be subscribed to again, unless a rule forbids
            it.</p>
    <//>`;
}
