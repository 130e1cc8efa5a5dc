// A table short enough to be read at once; longer ones are Chainlit's data frames with pages.
// Cells of words wrap, so that a phone shows them whole; figures and names stay on one line.
const WORDS = 40
const NARROW = 16
const WRAPPED = { whiteSpace: "normal", minWidth: "9rem" }
const tone = (cell) => (/^\+\d/.test(cell) ? "amk-gain" : /^-\d/.test(cell) ? "amk-loss" : "")

const wraps = (cell) =>
  props.wrap && cell.length > NARROW ? { whiteSpace: "normal", minWidth: "6rem" } : cell.length > WORDS ? WRAPPED : undefined

export default function RowTable() {
  return (
    <section className="amk-card" data-tone="neutral" aria-label={props.title}>
      <div className="amk-title">{props.title}</div>
      <div className="amk-scroll" tabIndex={0}>
        <table className="amk-table">
          <thead>
            <tr>
              {props.columns.map((column, i) => (
                <th key={i} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {props.rows.map((row, i) => (
              <tr key={i}>
                {row.map((cell, j) => (
                  <td key={j} className={tone(cell)} style={wraps(cell)}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {props.foot && <div className="amk-foot">{props.foot}</div>}
    </section>
  )
}
