// Labelled figures; gains and losses have their colour and their sign, and the exact figure on hover.
const WIDE = 20

export default function FigureCard() {
  return (
    <section className="amk-card" data-tone={props.tone} aria-label={props.title}>
      <div className="amk-title">{props.title}</div>
      <dl className="amk-grid">
        {props.fields.map((field, i) => (
          <div key={i} className={field.value.length > WIDE ? "amk-wide" : ""}>
            <dt className="amk-label">{field.label}</dt>
            <dd
              className={`amk-value amk-${field.tone}`}
              title={field.exact || undefined}
              data-label={field.label}
              data-exact={field.exact || undefined}
            >
              {field.value}
            </dd>
          </div>
        ))}
      </dl>
      {props.foot && <div className="amk-foot">{props.foot}</div>}
    </section>
  )
}
