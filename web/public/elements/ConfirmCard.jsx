// A proposal that waits for its person: what would happen, and a click or a typed phrase to let it.
import { useState } from "react"
import { Button } from "@/components/ui/button"
import { Input } from "@/components/ui/input"

const CLOSED = { confirmed: "Confirmed", cancelled: "Cancelled", closed: "No longer open", refused: "Not done" }

export default function ConfirmCard() {
  const [phrase, setPhrase] = useState("")
  const [clicked, setState] = useState("open")
  const state = props.state || clicked
  const needsPhrase = Boolean(props.phrase)
  const busy = state === "busy"

  const decide = async (decision) => {
    setState("busy")
    try {
      const answer = await callAction({ name: "decide", payload: { token: props.token, decision, phrase } })
      setState((answer && answer.response && answer.response.state) || "open")
    } catch {
      setState("unreached")
    }
  }
  const submit = (event) => {
    event.preventDefault()
    decide("confirm")
  }

  return (
    <section className="amk-card" data-tone="neutral" aria-label={props.title} data-confirmation={props.token}>
      <div className="amk-title">{props.title}</div>
      <ul className="amk-effect">
        {props.effect.map((line, i) => (
          <li key={i}>{line}</li>
        ))}
      </ul>
      {CLOSED[state] ? (
        <strong data-state={state}>{CLOSED[state]}</strong>
      ) : (
        <form className="amk-form" onSubmit={submit}>
          {needsPhrase && (
            <label>
              <span>
                Type <strong>{props.phrase}</strong> to go on:
              </span>
              <Input
                name="phrase"
                autoComplete="off"
                value={phrase}
                onChange={(event) => setPhrase(event.target.value)}
                disabled={busy}
              />
            </label>
          )}
          <div className="amk-buttons">
            <Button type="submit" variant={needsPhrase ? "destructive" : "default"} disabled={busy}>
              Confirm
            </Button>
            <Button type="button" variant="outline" disabled={busy} onClick={() => decide("cancel")}>
              Cancel
            </Button>
          </div>
        </form>
      )}
      {state === "unreached" && <div className="amk-warning">The server was not reached. Please try again.</div>}
      <div className="amk-foot">
        {CLOSED[state]
          ? "Paper trading."
          : `Only your own click or typing confirms this. Paper trading. Open for two minutes, until ${props.until}.`}
      </div>
    </section>
  )
}
