// The frame: who is signed in, where one is, how the hub is.
import { render } from "./lib/preact.js";
import { useEffect, useLayoutEffect, useState } from "./lib/hooks.js";
import { session } from "./api.js";
import { begin, end, useLive } from "./live.js";
import { Dialog, Toasts } from "./parts.js";
import { html, link, number, Tag } from "./ui.js";
import { nextTheme, useTheme } from "./theme.js";
import { Ping } from "./views/ask_ping.js";
import { SignIn } from "./views/sign_in.js";
import { Overview } from "./views/overview.js";
import { Topics } from "./views/topics.js";
import { Topic } from "./views/topic.js";
import { Subscriptions } from "./views/subscriptions.js";
import { Subscription } from "./views/subscription.js";
import { Deliveries } from "./views/deliveries.js";
import { Updates } from "./views/updates.js";
import { Update } from "./views/update.js";
import { Rules } from "./views/rules.js";
import { Hub } from "./views/hub.js";

const views = {
    "": Overview, topics: Topics, topic: Topic, subscriptions: Subscriptions,
    subscription: Subscription, deliveries: Deliveries, updates: Updates,
    update: Update, rules: Rules, hub: Hub,
};

// name, title, key after "g", which views are below it
const places = [
    ["", "Overview", "o", []],
    ["topics", "Topics", "t", ["topic"]],
    ["subscriptions", "Subscriptions", "s", ["subscription"]],
    ["deliveries", "Deliveries", "d", []],
    ["updates", "Updates", "u", ["update"]],
    ["rules", "Rules", "r", []],
    ["hub", "Hub", "h", []],
];

function here() {
    const [view, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
    return { view, params: Object.fromEntries(new URLSearchParams(query)) };
}

// Layout effects: what shows is listened to, from its first key on.
function useHere() {
    const [place, setPlace] = useState(here);
    useLayoutEffect(() => {
        const moved = () => {
            setPlace(here());
            scrollTo(0, 0);
        };
        addEventListener("hashchange", moved);
        return () => removeEventListener("hashchange", moved);
    }, []);
    return place;
}

function useSession() {
    const [, draw] = useState(0);
    useLayoutEffect(() => {
        let turn = 0;
        const listener = () => draw(++turn);
        session.listeners.add(listener);
        return () => session.listeners.delete(listener);
    }, []);
    return session.token !== null;
}

// ---------------------------------------------------------------- keyboard

const writing = (target) =>
    target.closest?.("input, select, textarea, dialog") !== null;

function useKeys(open) {
    useLayoutEffect(() => {
        let after = "";
        const pressed = (event) => {
            if (event.ctrlKey || event.metaKey || event.altKey
                || writing(event.target))
                return;
            const was = after;
            after = event.key === "g" ? "g" : "";
            const place = was === "g"
                && places.find(([, , key]) => key === event.key);
            const search = document.querySelector("[data-search]");
            if (place)
                location.hash = link(place[0]);
            else if (event.key === "/" && search)
                search.focus();
            else if (event.key === "?" || event.key === "p")
                open(event.key === "p" ? "ping" : "keys");
            else
                return;
            event.preventDefault();
        };
        addEventListener("keydown", pressed);
        return () => removeEventListener("keydown", pressed);
    }, []);
}

const Keys = ({ close }) => html`<${Dialog} title="Keys" close=${close}>
    <dl class="facts">
        <dt><kbd>/</kbd></dt><dd>search what is shown</dd>
        <dt><kbd>p</kbd></dt><dd>ping a topic</dd>
        ${places.map(([, title, key]) => html`<dt key=${key}>
            <kbd>g</kbd> <kbd>${key}</kbd></dt><dd>${title}</dd>`)}
        <dt><kbd>?</kbd></dt><dd>this list</dd>
        <dt><kbd>Esc</kbd></dt><dd>close what is open</dd>
    </dl>
    <div class="row end"><button class="first" onClick=${close}>Close</button>
    </div><//>`;

// ------------------------------------------------------------------- frame

function Pulse() {
    const live = useLive();
    const [look, words] = live.state === "away" ? ["bad", "no answer"]
        : live.state === "loading" ? ["off", "asking…"]
        : live.status.halted ? ["off", "paused"] : ["good", "running"];
    return html`<span class="pulse"><${Tag} look=${look}>${words}<//></span>`;
}

function Notices() {
    const live = useLive();
    if (live.state === "away")
        return html`<div class="notice bad banner" role="alert"><p><strong>The
            hub does not answer.</strong> It may be restarting; what is shown is
            ${" "}${Math.round((Date.now() - live.since) / 1000)} s old. This page goes on by
            itself once it is back.</p></div>`;
    if (live.restarted && Date.now() - live.restarted < 15000)
        return html`<div class="notice good banner" role="status"><p>The hub
            is back: it was restarted, and nothing was lost. Rates begin
            anew.</p></div>`;
    return null;
}

function Nav({ view }) {
    const { status } = useLive();
    const counts = { topics: status?.store?.topics,
        subscriptions: status?.store?.subscriptions,
        deliveries: status?.store?.lagging };
    return html`<nav class="nav" aria-label="Views"><ul>${places.map(
        ([name, title, , below]) => html`<li key=${name}><a
            href=${link(name)} aria-current=${
            name === view || below.includes(view) ? "page" : null}>${title}${
            counts[name] !== undefined && html`<span
            class="count large" aria-hidden="true">${
                number(counts[name])}</span>`}</a></li>`)}</ul></nav>`;
}

function Frame() {
    const { view, params } = useHere();
    const [dialog, setDialog] = useState("");
    const { status } = useLive();
    const theme = useTheme();
    useKeys(setDialog);
    useEffect(() => {
        begin();
        return end;
    }, []);
    const View = views[view] ?? Overview;
    const close = () => setDialog("");
    return html`<div class="frame">
        <a class="skip" href="#main" onClick=${(event) => {
            event.preventDefault();
            document.querySelector("h1")?.focus();
        }}>Go to the content</a>
        <header class="top">
            <a class="brand" href=${link("")} aria-label="websubd, overview">
                <img src="icon.svg" alt=""/><span>websubd</span></a>
            <span class="whose">${status?.public_url ?? ""}</span>
            <${Pulse}/>
            ${session.right === "view" && html`<span class="chip"
                title="Your token may only look.">view only</span>`}
            <button class="quiet large" onClick=${() => setDialog("keys")}
                aria-label="Keys">?</button>
            <button class="quiet" onClick=${nextTheme}
                aria-label=${`Colours: ${theme}`}>${
                { system: "◐", light: "○", dark: "●" }[theme]}</button>
            <button class="quiet" onClick=${() => session.end()} title=${
                status?.who ? `You are ${status.who}.` : null}>Sign out
            </button>
        </header>
        <${Nav} view=${view}/>
        <main class="main" id="main"><${View} key=${view} params=${params}
            openPing=${() => setDialog("ping")}/><${Notices}/></main>
        ${dialog === "keys" && html`<${Keys} close=${close}/>`}
        ${dialog === "ping" && html`<${Ping} close=${close}/>`}
    </div>`;
}

const App = () => html`${useSession() ? html`<${Frame}/>`
    : html`<${SignIn}/>`}<${Toasts}/>`;

const place = document.getElementById("app");
place.replaceChildren();
render(html`<${App}/>`, place);
