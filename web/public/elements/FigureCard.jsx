// Labelled figures; gains and losses have their colour and their sign, and the exact figure on hover.
const COLOURS = {
  gain: "text-emerald-700 dark:text-emerald-400",
  loss: "text-red-700 dark:text-red-400",
  warning: "text-amber-700 dark:text-amber-400",
  neutral: "",
}
const EDGES = {
  gain: "border-l-emerald-600",
  loss: "border-l-red-600",
  warning: "border-l-amber-500",
  neutral: "border-l-border",
}

export default function FigureCard() {
  return (
    <section
      aria-label={props.title}
      className={`w-full max-w-xl rounded-lg border border-l-4 bg-card p-4 text-card-foreground ${EDGES[props.tone]}`}
    >
      <div className="mb-3 font-semibold">{props.title}</div>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3">
        {props.fields.map((field, i) => (
          <div key={i} className={field.value.length > 24 ? "col-span-2 sm:col-span-3" : ""}>
            <dt className="text-xs text-muted-foreground">{field.label}</dt>
            <dd
              className={`text-sm font-medium tabular-nums break-words ${COLOURS[field.tone]}`}
              title={field.exact || undefined}
              data-label={field.label}
              data-exact={field.exact || undefined}
            >
              {field.value}
            </dd>
          </div>
        ))}
      </dl>
      {props.foot && <div className="mt-3 text-xs text-muted-foreground">{props.foot}</div>}
    </section>
  )
}
