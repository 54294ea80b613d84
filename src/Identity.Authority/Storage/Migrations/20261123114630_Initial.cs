using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Identity.Authority.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "Certificates",
                columns: table => new
                {
                    Issuer = table.Column<string>(nullable: false),
                    Serial = table.Column<string>(nullable: false),
                    ApprovalId = table.Column<string>(nullable: true),
                    State = table.Column<string>(nullable: false),
                    Intended = table.Column<byte[]>(nullable: false),
                    Der = table.Column<byte[]>(nullable: true),
                    LintFindings = table.Column<string>(nullable: true),
                    NotAfter = table.Column<long>(nullable: false),
                    CreatedAt = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Certificates", x => new { x.Issuer, x.Serial });
                });

            migrationBuilder.CreateTable(
                name: "RevocationLists",
                columns: table => new
                {
                    Issuer = table.Column<string>(nullable: false),
                    Number = table.Column<long>(nullable: false),
                    ThisUpdate = table.Column<long>(nullable: false),
                    NextUpdate = table.Column<long>(nullable: false),
                    Sequence = table.Column<long>(nullable: false),
                    Der = table.Column<byte[]>(nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_RevocationLists", x => new { x.Issuer, x.Number });
                });

            migrationBuilder.CreateTable(
                name: "Revocations",
                columns: table => new
                {
                    Sequence = table.Column<long>(nullable: false)
                        .Annotation("Sqlite:Autoincrement", true)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    Issuer = table.Column<string>(nullable: false),
                    Serial = table.Column<string>(nullable: false),
                    RevokedAt = table.Column<long>(nullable: false),
                    Reason = table.Column<string>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Revocations", x => x.Sequence);
                });

            migrationBuilder.CreateTable(
                name: "SerialCounters",
                columns: table => new
                {
                    Name = table.Column<string>(nullable: false),
                    Next = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SerialCounters", x => x.Name);
                });

            migrationBuilder.CreateTable(
                name: "UsedRequestTokens",
                columns: table => new
                {
                    Id = table.Column<string>(nullable: false),
                    ExpiresAt = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_UsedRequestTokens", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Certificates_ApprovalId",
                table: "Certificates",
                column: "ApprovalId",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Revocations_Issuer_Serial",
                table: "Revocations",
                columns: new[] { "Issuer", "Serial" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_UsedRequestTokens_ExpiresAt",
                table: "UsedRequestTokens",
                column: "ExpiresAt");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Certificates");

            migrationBuilder.DropTable(
                name: "RevocationLists");

            migrationBuilder.DropTable(
                name: "Revocations");

            migrationBuilder.DropTable(
                name: "SerialCounters");

            migrationBuilder.DropTable(
                name: "UsedRequestTokens");
        }
    }
}
