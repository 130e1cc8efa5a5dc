// A proposal that waits for its person: what would happen, and a click or a typed phrase to let it.
import { useState } from "react"
import { Button } from "@/components/ui/button"
import { Input } from "@/components/ui/input"

export default function ConfirmCard() {
  const [phrase, setPhrase] = useState("")
  const [state, setState] = useState("open")
  const needsPhrase = Boolean(props.phrase)

  const decide = async (decision) => {
    setState("busy")
    const answer = await callAction({ name: "decide", payload: { token: props.token, decision, phrase } })
    setState((answer && answer.response && answer.response.state) || "open")
  }

  const closed = state === "confirmed" || state === "cancelled" || state === "closed"
  const label = { confirmed: "Confirmed", cancelled: "Cancelled", closed: "No longer open" }[state]

  return (
    <section
      aria-label={props.title}
      data-confirmation={props.token}
      className="w-full max-w-xl rounded-lg border bg-card p-4 text-card-foreground"
    >
      <div className="font-semibold">{props.title}</div>
      <ul className="my-2 list-disc space-y-1 pl-5 text-sm">
        {props.effect.map((line, i) => (
          <li key={i}>{line}</li>
        ))}
      </ul>
      {closed ? (
        <div className="text-sm font-medium text-muted-foreground" data-state={state}>
          {label}
        </div>
      ) : (
        <form
          className="mt-3 flex flex-col gap-2"
          onSubmit={(e) => {
            e.preventDefault()
            decide("confirm")
          }}
        >
          {needsPhrase && (
            <label className="flex flex-col gap-1 text-sm">
              <span>
                Type <strong>{props.phrase}</strong> to go on:
              </span>
              <Input
                name="phrase"
                autoComplete="off"
                value={phrase}
                onChange={(e) => setPhrase(e.target.value)}
                disabled={state === "busy"}
              />
            </label>
          )}
          <div className="flex flex-wrap gap-2">
            <Button type="submit" variant={needsPhrase ? "destructive" : "default"} disabled={state === "busy"}>
              Confirm
            </Button>
            <Button type="button" variant="outline" disabled={state === "busy"} onClick={() => decide("cancel")}>
              Cancel
            </Button>
          </div>
        </form>
      )}
      <div className="mt-2 text-xs text-muted-foreground">
        Only your own click or typing confirms this. Paper trading. Open until {props.until}.
      </div>
    </section>
  )
}
