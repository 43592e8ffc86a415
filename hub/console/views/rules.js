// Whom the hub serves: rules by domain, publishers' keys, tokens.
import { act } from "../api.js";
import { changedSomething, useList } from "../asking.js";
import { useState } from "../lib/hooks.js";
import { Act, Ask, Choice, Field, Page, Table } from "../parts.js";
import { html, When } from "../ui.js";

const kinds = [["deny-topic", "Refuse topics of"],
    ["allow-topic", "Serve only topics of"],
    ["deny-callback", "Refuse callbacks of"],
    ["allow-callback", "Call only callbacks of"]];
const kindWords = Object.fromEntries(kinds);

const source = (one) => one.from === "configuration"
    ? "the configuration" : one.by || "an operator";

function AddRule({ close }) {
    const [kind, setKind] = useState("deny-topic");
    const [domain, setDomain] = useState("");
    const send = async () => {
        await act("rule", { kind, domain: domain.trim() });
        changedSomething();
        return "The rule is in force.";
    };
    return html`<${Ask} title="Add a rule" verb="Add" close=${close}
        send=${send} ready=${domain.trim() !== ""}>
        <${Choice} label="Rule" value=${kind} options=${kinds}
            onChange=${(event) => setKind(event.target.value)}/>
        <${Field} label="Domain" value=${domain} required
            placeholder="example.com" hint="It stands for itself and all below
                it. What is there and is refused now is ended."
            onInput=${(event) => setDomain(event.target.value)}/>
    <//>`;
}

function AddKey({ close, made }) {
    const [prefix, setPrefix] = useState("");
    const [secret, setSecret] = useState("");
    const send = async () => {
        const answer = await act("key", { prefix: prefix.trim(), secret });
        changedSomething();
        made(answer.secret ?? "");
        return "The key is in force.";
    };
    return html`<${Ask} title="Add a publisher's key" verb="Add"
        close=${close} send=${send} ready=${prefix.trim() !== ""}>
        <${Field} label="Topics that begin with" value=${prefix} required
            placeholder="https://example.com/"
            hint="Only pings signed with this key count for them."
            onInput=${(event) => setPrefix(event.target.value)}/>
        <${Field} label="Secret" type="password" value=${secret}
            autocomplete="new-password" hint="Empty: one is made, and shown
                once." onInput=${(event) => setSecret(event.target.value)}/>
    <//>`;
}

function Drop({ what, close, path, params, children }) {
    const send = async () => {
        await act(path, params);
        changedSomething();
        return "Removed.";
    };
    return html`<${Ask} title=${`Remove this ${what}?`} verb="Remove" danger
        close=${close} send=${send}><p>${children}</p><//>`;
}

const remover = (label, open, may = () => true) => ({
    name: "What to do", hidden: true, kind: "number",
    cell: (row) => may(row) && html`<${Act} kind="small danger"
        aria-label=${`Remove ${label(row)}`} onClick=${() =>
        open(row)}>Remove<//>` });

export function Rules() {
    const [dialog, setDialog] = useState(null);
    const [secret, setSecret] = useState("");
    const rules = useList("rules", "rules", {});
    const keys = useList("keys", "keys", {});
    const tokens = useList("tokens", "tokens", { limit: 100 });
    const close = () => setDialog(null);
    const open = (name) => (row) => setDialog({ name, row });
    const row = dialog?.row;
    const ruleColumns = [
        { name: "Rule", cell: (one) => kindWords[one.kind] ?? one.kind },
        { name: "Domain", cell: (one) => html`<strong>${one.domain}
            </strong>` },
        { name: "Made by", aside: true, cell: source },
        { name: "When", aside: true, cell: (one) => html`<${When}
            at=${one.made} none="–"/>` },
        remover((one) => `rule for ${one.domain}`, open("rule"),
            (one) => one.from !== "configuration"),
    ];
    const keyColumns = [
        { name: "Topics that begin with", kind: "url", cell: (one) =>
            html`<span class="cut" title=${one.prefix}>${one.prefix}</span>` },
        { name: "Made by", aside: true, cell: source },
        { name: "When", aside: true, cell: (one) => html`<${When}
            at=${one.made} none="–"/>` },
        remover((one) => `key for ${one.prefix}`, open("key"),
            (one) => one.from !== "configuration"),
    ];
    const tokenColumns = [
        { name: "Name", cell: (one) => html`<strong>${one.name}</strong>` },
        { name: "Rights", kind: "long", cell: (one) => html`<span class="cut"
            title=${one.rights}>${one.rights}</span>` },
        { name: "Made", aside: true, cell: (one) => html`<${When}
            at=${one.made}/>` },
        { name: "Expires", cell: (one) => one.expired
            ? html`<span class="wrong">expired</span>`
            : html`<${When} at=${one.expires}/>` },
        remover((one) => `token ${one.name}`, open("token")),
    ];
    return html`<${Page} title="Rules" lead="Whom this hub serves.">
        <div class="head"><div><h2>By domain</h2></div><div class="acts">
            <${Act} onClick=${open("add-rule")}>Add a rule<//></div></div>
        <${Table} label="Rules by domain" list=${rules} rows=${3}
            columns=${ruleColumns} keyOf=${(one) => `${one.from} ${one.kind} ${
                one.domain}`} empty=${html`<strong>No rules</strong><span>Every
                topic and every callback is served that may be called.</span>`
            }/>
        <div class="head"><div><h2>Publishers' keys</h2></div>
            <div class="acts"><${Act} onClick=${open("add-key")}>Add a key<//>
            </div></div>
        ${secret && html`<div class="notice good"><p>The secret, shown this
            once: <code>${secret}</code></p><button class="small"
            onClick=${() => setSecret("")}>I have it</button></div>`}
        <${Table} label="Publishers' keys" list=${keys} rows=${2}
            columns=${keyColumns} keyOf=${(one) => `${one.from} ${one.prefix}`}
            empty=${html`<strong>No keys</strong><span>Anybody may ping.</span>`
            }/>
        <div class="head"><div><h2>Tokens</h2></div></div>
        <${Table} label="Tokens" list=${tokens} rows=${3}
            columns=${tokenColumns} keyOf=${(one) => one.id}
            empty=${html`<strong>No tokens</strong>`}/>
        <p class="hint">New ones are made with <code>websubctl token add NAME
            --right=…</code></p>
        ${dialog?.name === "add-rule" && html`<${AddRule} close=${close}/>`}
        ${dialog?.name === "add-key" && html`<${AddKey} close=${close}
            made=${setSecret}/>`}
        ${dialog?.name === "rule" && html`<${Drop} what="rule" close=${close}
            path="rule/remove" params=${{ kind: row.kind,
                domain: row.domain }}>${kindWords[row.kind]} ${row.domain}<//>`}
        ${dialog?.name === "key" && html`<${Drop} what="key" close=${close}
            path="key/remove" params=${{ prefix: row.prefix }}>Then anybody may
            ping topics that begin with ${row.prefix}.<//>`}
        ${dialog?.name === "token" && html`<${Drop} what="token"
            close=${close} path="token/remove" params=${{ name: row.name }}>
            Whoever uses ${row.name} is turned away at once.<//>`}
    <//>`;
}
